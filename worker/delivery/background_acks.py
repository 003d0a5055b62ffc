"""Acks, sent beside the work: several in one call, and no slot waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from worker.lessons.errors import WorkerError
from worker.ports import Delivery, MessageSource

MOST_AT_ONCE = 1000
"""Acks in one call; Pub/Sub takes 512 KiB, and one id has about 200 bytes."""

GATHER_SECONDS = 0.1
"""What the first ack waits for others to join its call; an ack deadline has 10 s or more."""


@dataclass(slots=True)
class BackgroundAcks:
    """A MessageSource whose acks leave together, a moment after the first of them.

    An ack that is lost costs a redelivery of a request that its row says is ended, nothing
    else: so a slot is free before the broker has heard. What waits is bounded by what is
    pulled, and nothing is pulled from a broker that does not answer.
    """

    source: MessageSource
    _waiting: list[str] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Pull from the source."""
        return await self.source.pull(limit)

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Extend at the source."""
        await self.source.extend(ack_ids, seconds)

    async def ack(self, ack_ids: Sequence[str]) -> None:
        """Take acks to send; never waits, never raises."""
        self._waiting.extend(ack_ids)
        self._arrived.set()

    async def run(self) -> None:
        """Send what arrives, for ever."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(GATHER_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Send everything that waits; what the broker does not take comes again as a delivery."""
        async with self._turn:
            self._arrived.clear()
            while batch := self._waiting[:MOST_AT_ONCE]:
                try:
                    await self.source.ack(batch)
                except WorkerError as error:
                    structlog.get_logger().warning(
                        "acks_not_delivered", count=len(batch), reason=error.message
                    )
                # Only now: a call that is cancelled is made again by the next flush.
                del self._waiting[: len(batch)]
