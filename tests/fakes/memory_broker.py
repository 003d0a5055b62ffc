"""A broker in memory: topics, and subscriptions that lease their messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from worker.ports import Delivery


@dataclass(eq=False, slots=True)
class _Kept:
    """A message that no ack has ended, and its lease.

    Attributes:
        free_at: The loop's time from which a pull may take it.
    """

    message_id: str
    data: bytes
    attributes: Mapping[str, str]
    published_at: datetime
    ack_id: str = ""
    receipts: int = 0
    free_at: float = 0.0


@dataclass(slots=True)
class MemorySubscription:
    """Implements `worker.ports.MessageSource`; it passes tests/contracts/test_broker.py.

    Attributes:
        wait_seconds: How long a pull waits for a message.
        settled: What was asked for in the end, in order: ("ack", id) or ("extend", id, seconds).
    """

    deadline_seconds: float = 10.0
    wait_seconds: float = 30.0
    settled: list[tuple[object, ...]] = field(default_factory=list)
    _kept: list[_Kept] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, data: bytes, attributes: Mapping[str, str]) -> str:
        """Take one message in, and return its id."""
        message = _Kept(uuid4().hex, data, dict(attributes), datetime.now(UTC))
        self._kept.append(message)
        self._changed.set()
        return message.message_id

    def waiting(self, seconds: float) -> MemorySubscription:
        """Return the same subscription to a client that waits for so long."""
        return replace(self, wait_seconds=seconds)

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Lease what is free, or wait until something is."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.wait_seconds
        while not (free := self._free(loop.time())[:limit]):
            pause = min([until, *(one.free_at for one in self._kept)]) - loop.time()
            if loop.time() >= until:
                return []
            self._changed.clear()
            try:
                async with asyncio.timeout(max(pause, 0.0)):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return [self._lease(one, loop.time()) for one in free]

    async def ack(self, ack_ids: Sequence[str]) -> None:
        """Forget the messages whose lease these are."""
        self.settled += [("ack", ack_id) for ack_id in ack_ids]
        ended = self._living(ack_ids)
        self._kept[:] = [one for one in self._kept if one not in ended]

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Move the ends of these leases."""
        self.settled += [("extend", ack_id, seconds) for ack_id in ack_ids]
        for one in self._living(ack_ids):
            one.free_at = asyncio.get_running_loop().time() + seconds
            self._changed.set()

    def _living(self, ack_ids: Sequence[str]) -> list[_Kept]:
        """Return the messages that these ack ids still lease."""
        now = asyncio.get_running_loop().time()
        return [one for one in self._kept if one.ack_id in ack_ids and one.free_at > now]

    def _free(self, now: float) -> list[_Kept]:
        return [one for one in self._kept if one.free_at <= now]

    def _lease(self, one: _Kept, now: float) -> Delivery:
        one.ack_id = uuid4().hex
        one.receipts += 1
        one.free_at = now + self.deadline_seconds
        return Delivery(
            ack_id=one.ack_id,
            message_id=one.message_id,
            data=one.data,
            attributes=dict(one.attributes),
            published_at=one.published_at,
            delivery_attempt=one.receipts,
        )


@dataclass(slots=True)
class MemoryBroker:
    """Implements `worker.ports.Publisher`, and gives every topic the subscriptions it is asked for.

    Attributes:
        published: Topic, data and attributes of every message, in order.
    """

    published: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)
    _subscriptions: dict[str, list[MemorySubscription]] = field(default_factory=dict)

    def subscribe(self, topic: str, *, wait_seconds: float = 30.0) -> MemorySubscription:
        """Return a new subscription to a topic."""
        subscription = MemorySubscription(wait_seconds=wait_seconds)
        self._subscriptions.setdefault(topic, []).append(subscription)
        return subscription

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Hand the message to every subscription of the topic."""
        (message_id,) = await self.publish_batch(topic, [(data, attributes)])
        return message_id

    async def publish_batch(
        self, topic: str, contents: Sequence[tuple[bytes, Mapping[str, str]]]
    ) -> Sequence[str]:
        """Hand the messages to every subscription of the topic, in their order."""
        return [self._hand_out(topic, data, attributes) for data, attributes in contents]

    def _hand_out(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        self.published.append((topic, data, dict(attributes)))
        ids = [one.add(data, attributes) for one in self._subscriptions.get(topic, [])]
        return ids[0] if ids else uuid4().hex
