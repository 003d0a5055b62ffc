"""Carries outbox rows to their topics: at boot, while the worker runs, and at its end."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from worker.lessons.backoff import doubled
from worker.lessons.errors import RetryableError, WorkerError
from worker.ports import Outbox, OutboxLease, Publisher
from worker.telemetry.spans import Kind, Span, Value, span

BATCH = 50
"""Rows leased, published and marked together."""

LEASE_SECONDS = 120.0
"""Longer than a batch takes whose every publication meets its time limit, 20 s by default."""

POLL_SECONDS = 1.0
FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 300.0


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
    _is_asked_to_end: asyncio.Event = field(default_factory=asyncio.Event)
    _has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Relay until asked to end, then until nothing is left."""
        try:
            while not self._is_asked_to_end.is_set():
                if (await self._relay_or_warn()).leased < BATCH:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(POLL_SECONDS):
                            await self._is_asked_to_end.wait()
            while (await self._relay_or_warn()).published:
                pass
        finally:
            self._has_ended.set()

    async def finish(self) -> None:
        """Let what waits leave, the batch under way first, and wait for the end of `run`.

        A relay that is cancelled instead may have published rows that it has not marked: they
        would stay leased, and leave a second time.
        """
        self._is_asked_to_end.set()
        await self._has_ended.wait()

    async def _relay_or_warn(self) -> Relayed:
        try:
            return await self.relay()
        except RetryableError as error:
            structlog.get_logger().warning("outbox_unreachable", reason=error.message)
            return Relayed()

    async def relay(self) -> Relayed:
        """Relay one batch; nothing while the broker is out of reach."""
        if self.hold_off():
            return Relayed()
        leases = await self.outbox.lease(BATCH, LEASE_SECONDS)
        if not leases:
            return Relayed()
        by_topic: dict[str, list[OutboxLease]] = defaultdict(list)
        for lease in leases:
            by_topic[lease.message.topic].append(lease)
        publishing = map(self._publish_together, by_topic.values())
        taken: dict[UUID, str] = {}
        failures = []
        for answer in await asyncio.gather(*publishing, return_exceptions=True):
            if isinstance(answer, BaseException):
                failures.append(answer)
            else:
                taken |= answer
        # What has left is marked, whatever became of the other topics.
        await self.outbox.mark_published(taken)
        if failures:
            raise failures[0]
        return Relayed(len(leases), len(taken))

    async def drain(self) -> Relayed:
        """Relay until nothing more leaves; what was postponed stays."""
        total = Relayed()
        while True:
            relayed = await self.relay()
            total += relayed
            if not relayed.published:
                return total

    async def _publish_together(self, leases: Sequence[OutboxLease]) -> dict[UUID, str]:
        """Publish rows of one topic in one call, and return the message ids of those that left."""
        topic = leases[0].message.topic
        contents = [(one.message.payload, dict(one.message.attributes)) for one in leases]
        try:
            with _sending(topic, [attributes for _, attributes in contents]):
                message_ids = await self.publisher.publish_batch(topic, contents)
        except RetryableError as error:
            await self._postpone(leases, error.message)
            return {}
        except Exception as error:  # noqa: BLE001  # one row that no client can send stops no other
            return await self._publish_apart(leases, error)
        events = (lease.message.event_id for lease in leases)
        return dict(zip(events, message_ids, strict=True))

    async def _publish_apart(
        self, leases: Sequence[OutboxLease], error: Exception
    ) -> dict[UUID, str]:
        """Find the row that was refused: each half by itself, down to single rows."""
        if len(leases) == 1:
            reason = error.message if isinstance(error, WorkerError) else type(error).__name__
            await self._postpone(leases, reason)
            return {}
        middle = len(leases) // 2
        first = await self._publish_together(leases[:middle])
        return first | await self._publish_together(leases[middle:])

    async def _postpone(self, leases: Sequence[OutboxLease], reason: str) -> None:
        """Let rows wait; others may leave, and an operator sees the warning."""
        for lease in leases:
            delay = doubled(FIRST_RETRY_SECONDS, lease.attempts - 1, LONGEST_RETRY_SECONDS)
            structlog.get_logger().warning(
                "outbox_publish_failed", event_id=str(lease.message.event_id), reason=reason
            )
            await self.outbox.postpone(lease.message.event_id, delay)


def _sending(topic: str, messages: Sequence[Mapping[str, str]]) -> AbstractContextManager[Span]:
    """Measure one publication; it belongs to no delivery, and names the traces of its messages."""
    described: dict[str, Value | None] = {
        "messaging.system": "gcp_pubsub",
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "messaging.destination.name": topic,
        "messaging.batch.message_count": len(messages),
    }
    return span(f"publish {topic}", Kind.CLIENT, described, messages)
