"""Carries outbox rows to their topics: at boot, while the worker runs, and at drain."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from worker.lessons.errors import RetryableError, WorkerError
from worker.ports import Outbox, OutboxLease, Publisher

BATCH = 50
LEASE_SECONDS = 60.0
POLL_SECONDS = 1.0
FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 300.0
MOST_DOUBLINGS = 16


@dataclass(slots=True)
class OutboxRelay:
    """Publishes leased rows outside any transaction and marks them after.

    A worker that dies between the two publishes twice: the event id is the same.
    """

    outbox: Outbox
    publisher: Publisher

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            try:
                sent = await self.relay()
            except RetryableError as error:
                structlog.get_logger().warning("outbox_unreachable", reason=error.message)
                sent = 0
            if sent < BATCH:
                await asyncio.sleep(POLL_SECONDS)

    async def relay(self) -> int:
        """Relay one batch and return how many rows it leased."""
        leases = await self.outbox.lease(BATCH, LEASE_SECONDS)
        for lease in leases:
            await self._publish(lease)
        return len(leases)

    async def drain(self) -> None:
        """Relay until nothing waits."""
        while await self.relay():
            pass

    async def _publish(self, lease: OutboxLease) -> None:
        message = lease.message
        try:
            message_id = await self.publisher.publish(
                message.topic, message.payload, dict(message.attributes)
            )
        except WorkerError as error:
            # A no for this one row, too: others may leave, and an operator sees the warning.
            doublings = min(lease.attempts - 1, MOST_DOUBLINGS)
            delay = min(FIRST_RETRY_SECONDS * 2.0**doublings, LONGEST_RETRY_SECONDS)
            structlog.get_logger().warning(
                "outbox_publish_failed", event_id=str(message.event_id), reason=error.message
            )
            await self.outbox.postpone(message.event_id, delay)
            return
        await self.outbox.mark_published(message.event_id, message_id)
