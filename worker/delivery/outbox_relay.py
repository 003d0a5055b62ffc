"""Carries outbox rows to their topics: at boot, while the worker runs, and at drain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from worker.lessons.errors import RetryableError, WorkerError
from worker.ports import Outbox, OutboxLease, Publisher

BATCH = 50
AT_ONCE = 10
"""Messages published at the same time; they are marked together when all have an answer."""

LEASE_SECONDS = 120.0
"""Longer than a batch takes whose every publication meets its time limit, 20 s by default."""

POLL_SECONDS = 1.0
FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 300.0
MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one relay did.

    Attributes:
        leased: Rows that were taken.
        published: Rows that left; the others were postponed.
    """

    leased: int = 0
    published: int = 0

    def __add__(self, other: Relayed) -> Relayed:
        return Relayed(self.leased + other.leased, self.published + other.published)


@dataclass(slots=True)
class OutboxRelay:
    """Publishes leased rows outside any transaction and marks them after.

    A worker that dies between the two publishes twice: the event id is the same. Rows leave in
    no particular order, and one that cannot leave holds up no other.

    Attributes:
        hold_off: Seconds for which nothing could leave: the rows stay as they are.
    """

    outbox: Outbox
    publisher: Publisher
    hold_off: Callable[[], float] = lambda: 0.0

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            try:
                leased = (await self.relay()).leased
            except RetryableError as error:
                structlog.get_logger().warning("outbox_unreachable", reason=error.message)
                leased = 0
            if leased < BATCH:
                await asyncio.sleep(POLL_SECONDS)

    async def relay(self) -> Relayed:
        """Relay one batch; nothing while the broker is out of reach."""
        if self.hold_off():
            return Relayed()
        leases = await self.outbox.lease(BATCH, LEASE_SECONDS)
        published = 0
        for start in range(0, len(leases), AT_ONCE):
            published += await self._publish_all(leases[start : start + AT_ONCE])
        return Relayed(len(leases), published)

    async def drain(self) -> Relayed:
        """Relay until nothing is left to lease; what was postponed stays."""
        total = Relayed()
        while (relayed := await self.relay()).leased:
            total += relayed
        return total

    async def _publish_all(self, leases: Sequence[OutboxLease]) -> int:
        answers = await asyncio.gather(*(self._publish(lease) for lease in leases))
        taken = {
            lease.message.event_id: message_id
            for lease, message_id in zip(leases, answers, strict=True)
            if message_id is not None
        }
        await self.outbox.mark_published(taken)
        return len(taken)

    async def _publish(self, lease: OutboxLease) -> str | None:
        """Publish one row and return its message id; None where it was postponed."""
        message = lease.message
        try:
            return await self.publisher.publish(
                message.topic, message.payload, dict(message.attributes)
            )
        except WorkerError as error:
            reason = error.message
        except Exception as error:  # noqa: BLE001  # one row that no client can send stops no other
            reason = type(error).__name__
        # A no for this one row, too: others may leave, and an operator sees the warning.
        doublings = min(lease.attempts - 1, MOST_DOUBLINGS)
        delay = min(FIRST_RETRY_SECONDS * 2.0**doublings, LONGEST_RETRY_SECONDS)
        structlog.get_logger().warning(
            "outbox_publish_failed", event_id=str(message.event_id), reason=reason
        )
        await self.outbox.postpone(message.event_id, delay)
        return None
