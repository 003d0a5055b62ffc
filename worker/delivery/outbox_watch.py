"""Shows how much waits in the outbox, now and then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from worker.lessons.errors import RetryableError
from worker.ports import Outbox
from worker.telemetry.metrics import Metrics

LOOK_SECONDS = 15.0
"""Prometheus' usual scrape interval: one count on a partial index for each."""


@dataclass(frozen=True, slots=True)
class OutboxWatch:
    """Keeps the outbox's two gauges."""

    outbox: Outbox
    metrics: Metrics

    async def run(self) -> None:
        """Look for ever; while the database is away the gauges keep what was seen last."""
        while True:
            try:
                backlog = await self.outbox.backlog()
            except RetryableError:
                pass  # the breaker's own metrics tell
            else:
                self.metrics.outbox_backlog.set(backlog.waiting)
                self.metrics.outbox_oldest_seconds.set(backlog.oldest_seconds)
            await asyncio.sleep(LOOK_SECONDS)
