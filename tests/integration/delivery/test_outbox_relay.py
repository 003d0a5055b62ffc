"""How a relay ends, and what it marks when something fails beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from tests.integration.delivery.conftest import Rig
from tests.platform import Platform
from worker.adapters.database.outbox import PostgresOutbox
from worker.delivery.outbox_relay import OutboxRelay, Relayed
from worker.lessons.errors import DependencyUnavailableError


@dataclass(slots=True)
class SlowBroker:
    """A broker that answers when it is let, and never on some topics.

    Attributes:
        called: Set when it is asked.
        answers: It answers once this is set.
    """

    away: frozenset[str] = frozenset()
    called: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[bytes] = field(default_factory=list)

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Take one message."""
        (message_id,) = await self.publish_batch(topic, [(data, attributes)])
        return message_id

    async def publish_batch(
        self, topic: str, contents: Sequence[tuple[bytes, Mapping[str, str]]]
    ) -> list[str]:
        """Take messages, and answer late."""
        self.called.set()
        if topic in self.away:
            raise DependencyUnavailableError(f"no answer on {topic}")
        await self.answers.wait()
        self.sent += [data for data, _ in contents]
        return [uuid4().hex for _ in contents]


class UnsteadyOutbox(PostgresOutbox):
    """The real outbox, which takes no row back."""

    async def postpone(self, event_id: UUID, seconds: float) -> None:
        """Take nothing back."""
        raise DependencyUnavailableError(f"no row {event_id} for {seconds} s")


async def post(platform: Platform, topic: str = "events") -> None:
    await platform.rows(
        "INSERT INTO outbox (id, topic, payload, attributes) VALUES (:id, :topic, 'hello', '{}')",
        id=uuid4(),
        topic=topic,
    )


async def unmarked(platform: Platform) -> list[str]:
    rows = await platform.rows("SELECT topic FROM outbox WHERE published_at IS NULL")
    return [row.topic for row in rows]


async def test_a_relay_that_shall_end_marks_what_is_under_way_and_takes_what_waits(
    platform: Platform,
) -> None:
    """Cancelled, it would leave the row leased, to be published once more minutes later."""
    broker = SlowBroker()
    relay = OutboxRelay(PostgresOutbox(platform.engine, worker_id="worker-a"), broker)
    await post(platform)
    running = asyncio.create_task(relay.run())
    await broker.called.wait()
    await post(platform)
    finishing = asyncio.create_task(relay.finish())
    await asyncio.sleep(0)
    broker.answers.set()
    await asyncio.wait_for(finishing, 10)
    await asyncio.wait_for(running, 10)
    assert await unmarked(platform) == []
    assert len(broker.sent) == 2


async def test_a_relay_ends_although_the_broker_is_away(platform: Platform) -> None:
    broker = SlowBroker(away=frozenset({"events"}))
    relay = OutboxRelay(PostgresOutbox(platform.engine, worker_id="worker-a"), broker)
    await post(platform)
    running = asyncio.create_task(relay.run())
    await broker.called.wait()
    await asyncio.wait_for(relay.finish(), 10)
    await running
    assert await unmarked(platform) == ["events"]


async def test_a_sweep_s_relay_stops_after_a_batch_of_which_nothing_left(
    platform: Platform,
) -> None:
    for _ in range(60):
        await post(platform)
    broker = SlowBroker(away=frozenset({"events"}))
    relay = OutboxRelay(PostgresOutbox(platform.engine, worker_id="worker-a"), broker)
    assert await relay.drain() == Relayed(leased=50, published=0)


async def test_what_has_left_is_marked_whatever_becomes_of_another_topic(
    platform: Platform,
) -> None:
    broker = SlowBroker(away=frozenset({"dead"}))
    broker.answers.set()
    relay = OutboxRelay(UnsteadyOutbox(platform.engine, worker_id="worker-a"), broker)
    await post(platform, "dead")
    await post(platform, "events")
    with pytest.raises(DependencyUnavailableError, match="no row"):
        await relay.relay()
    assert await unmarked(platform) == ["dead"]


async def test_side_tasks_still_run_when_the_last_words_are_sent(rig: Rig) -> None:
    told: list[str] = []

    async def beside() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append("side task ended")

    async def last_words() -> None:
        await asyncio.sleep(0.01)
        told.append("last words")

    rig.consumer.side_tasks = (beside,)
    rig.consumer.on_cut_off = lambda: told.append("cut off")
    rig.consumer.after_drain = last_words
    async with rig.running():
        pass
    assert told == ["cut off", "last words", "side task ended"]
