from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from tests.platform import Platform
from worker.adapters.database.outbox import PostgresOutbox
from worker.delivery.outbox_relay import BATCH, OutboxRelay, Relayed
from worker.lessons.errors import DependencyUnavailableError


async def _post(platform: Platform) -> UUID:
    event_id = uuid4()
    await platform.rows(
        "INSERT INTO outbox (id, topic, payload, attributes) "
        "VALUES (:id, 'events', 'hello', '{\"kind\": \"test\"}')",
        id=event_id,
    )
    return event_id


@pytest.fixture
def outbox(platform: Platform) -> PostgresOutbox:
    return PostgresOutbox(platform.engine, worker_id="worker-a")


async def test_a_row_is_leased_to_one_worker_at_a_time(
    platform: Platform, outbox: PostgresOutbox
) -> None:
    event_id = await _post(platform)
    rival = PostgresOutbox(platform.engine, worker_id="worker-b")
    leases = await outbox.lease(10, 60.0)
    assert [lease.message.event_id for lease in leases] == [event_id]
    assert leases[0].message.payload == b"hello"
    assert leases[0].message.attributes == (("kind", "test"),)
    assert await rival.lease(10, 60.0) == []


async def test_a_lease_that_ran_out_is_taken_again_and_counted(
    platform: Platform, outbox: PostgresOutbox
) -> None:
    await _post(platform)
    await outbox.lease(10, -1.0)
    assert [lease.attempts for lease in await outbox.lease(10, 60.0)] == [2]


async def test_a_published_row_is_never_leased_again(
    platform: Platform, outbox: PostgresOutbox
) -> None:
    event_id = await _post(platform)
    await outbox.lease(10, -1.0)
    await outbox.mark_published({event_id: "message-7"})
    await outbox.mark_published({event_id: "message-8"})
    assert await outbox.lease(10, 60.0) == []
    (row,) = await platform.rows("SELECT * FROM outbox")
    assert (row.message_id, row.leased_by) == ("message-7", None)
    assert row.published_at is not None


async def test_a_postponed_row_waits(platform: Platform, outbox: PostgresOutbox) -> None:
    event_id = await _post(platform)
    await outbox.lease(10, 60.0)
    await outbox.postpone(event_id, 60.0)
    assert await outbox.lease(10, 60.0) == []


async def test_only_the_worker_that_leased_a_row_postpones_it(
    platform: Platform, outbox: PostgresOutbox
) -> None:
    event_id = await _post(platform)
    rival = PostgresOutbox(platform.engine, worker_id="worker-b")
    await rival.lease(10, 60.0)
    await outbox.postpone(event_id, -1.0)
    assert await outbox.lease(10, 60.0) == []
    await rival.postpone(event_id, -1.0)
    assert len(await outbox.lease(10, 60.0)) == 1


async def test_a_row_that_never_leaves_does_not_end_the_relay(
    platform: Platform, outbox: PostgresOutbox
) -> None:
    await _post(platform)
    await platform.rows("UPDATE outbox SET attempts = 5000")
    assert await OutboxRelay(outbox, _Broker(is_away=True)).relay() == Relayed(
        leased=1, published=0
    )
    (row,) = await platform.rows("SELECT published_at, attempts FROM outbox")
    assert (row.published_at, row.attempts) == (None, 5001)


async def test_a_batch_is_no_larger_than_asked_for(
    platform: Platform, outbox: PostgresOutbox
) -> None:
    for _ in range(3):
        await _post(platform)
    assert len(await outbox.lease(2, 60.0)) == 2


@dataclass(slots=True)
class _Broker:
    """A broker that is away, or that refuses every call with a poison payload in it."""

    is_away: bool = False
    calls: int = 0
    sent: list[bytes] = field(default_factory=list)

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        (message_id,) = await self.publish_batch(topic, [(data, attributes)])
        return message_id

    async def publish_batch(
        self, topic: str, contents: Sequence[tuple[bytes, Mapping[str, str]]]
    ) -> list[str]:
        self.calls += 1
        if self.is_away:
            raise DependencyUnavailableError(f"no answer on {topic}")
        payloads = [data for data, _ in contents]
        if b"poison" in payloads:
            raise ValueError(topic)
        self.sent += payloads
        return [uuid4().hex for _ in payloads]


async def test_a_batch_leaves_in_one_call(platform: Platform, outbox: PostgresOutbox) -> None:
    for _ in range(20):
        await _post(platform)
    broker = _Broker()
    assert await OutboxRelay(outbox, broker).relay() == Relayed(leased=20, published=20)
    assert broker.calls == 1


async def test_a_row_that_no_client_can_send_holds_up_no_other(
    platform: Platform, outbox: PostgresOutbox
) -> None:
    poison = await _post(platform)
    await platform.rows("UPDATE outbox SET payload = 'poison'")
    for _ in range(60):
        await _post(platform)
    broker = _Broker()
    assert await OutboxRelay(outbox, broker).drain() == Relayed(leased=61, published=60)
    assert len(broker.sent) == 60
    (left,) = await platform.rows("SELECT id, leased_by FROM outbox WHERE published_at IS NULL")
    assert left == (poison, None)
    (marked,) = await platform.rows("SELECT count(DISTINCT message_id) AS ids FROM outbox")
    assert marked.ids == 60


async def test_the_backlog_is_what_has_not_left(platform: Platform, outbox: PostgresOutbox) -> None:
    assert await outbox.backlog() == (0, 0.0)
    gone, _, _ = [await _post(platform) for _ in range(3)]
    await outbox.mark_published({gone: "message-1"})
    await outbox.lease(1, 60.0)
    assert (await outbox.backlog()).waiting == 2


@pytest.mark.parametrize(
    ("columns", "late"),
    [
        ("available_at = now() + interval '60 seconds'", 0),
        ("attempts = 1, leased_by = 'w', available_at = now() + interval '60 seconds'", 0),
        ("available_at = now() - interval '20 seconds'", 20),
        ("attempts = 1, leased_by = 'w', available_at = now() - interval '1 second'", 90),
        ("attempts = 1, available_at = now() + interval '60 seconds'", 90),
        ("attempts = 2, leased_by = 'w', available_at = now() + interval '60 seconds'", 90),
    ],
    ids=["is to wait", "being sent", "due", "its sender died", "postponed", "being sent again"],
)
async def test_the_age_of_the_backlog_is_how_late_its_oldest_row_is(
    platform: Platform, outbox: PostgresOutbox, columns: str, late: int
) -> None:
    """While nothing can leave, the rows are postponed most of the time: they are late no less."""
    await _post(platform)
    await platform.rows(
        f"UPDATE outbox SET created_at = now() - interval '90 seconds', {columns}"  # noqa: S608  # our own words
    )
    waiting, oldest = await outbox.backlog()
    assert waiting == 1
    assert late <= oldest < late + (30 if late else 1)


async def test_draining_ends_with_a_batch_of_which_nothing_leaves(
    platform: Platform, outbox: PostgresOutbox
) -> None:
    """While the broker is away every batch may cost its whole time limit."""
    for _ in range(BATCH + 1):
        await _post(platform)
    broker = _Broker(is_away=True)
    assert await OutboxRelay(outbox, broker).drain() == Relayed(leased=BATCH, published=0)
    assert broker.calls == 1
    (untouched,) = await platform.rows("SELECT count(*) AS rows FROM outbox WHERE attempts = 0")
    assert untouched.rows == 1
