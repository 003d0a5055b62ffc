"""How late the event loop is: a task that sleeps, and looks how long it slept."""

from __future__ import annotations

import asyncio

from worker.telemetry.metrics import Metrics

SLEEP_SECONDS = 0.25
"""Four samples a second: a second of lag is seen, and the watching costs nothing."""


async def watch_loop_lag(metrics: Metrics) -> None:
    """Measure for ever."""
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + SLEEP_SECONDS
        await asyncio.sleep(SLEEP_SECONDS)
        metrics.loop_lag_seconds.observe(max(0.0, clock() - due))
