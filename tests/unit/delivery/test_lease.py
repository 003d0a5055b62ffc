"""The lease keeper, as its source sees it; what it does to claims is tested on PostgreSQL."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from tests.fakes.deliveries import make_delivery
from tests.fakes.memory_broker import MemorySubscription
from tests.metrics import value_of
from worker.adapters.database.engine import open_engine
from worker.adapters.database.requests import PostgresRequestStore
from worker.adapters.google_http import AccessError
from worker.delivery import lease
from worker.delivery.lease import LeaseKeeper
from worker.lessons.claim import Claim
from worker.lessons.errors import DependencyUnavailableError
from worker.ports import RequestStore
from worker.telemetry.metrics import Metrics


class UnreachableSource(MemorySubscription):
    """A subscription whose broker has gone."""

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Note what was asked for, and fail."""
        await MemorySubscription.extend(self, ack_ids, seconds)
        raise DependencyUnavailableError("no answer from the broker")


@dataclass(slots=True)
class BeatenSource(MemorySubscription):
    """A subscription that says when it was asked for the third time."""

    third: asyncio.Event = field(default_factory=asyncio.Event)

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Count."""
        await MemorySubscription.extend(self, ack_ids, seconds)
        if len(self.settled) == 3:
            self.third.set()


@pytest.fixture
async def store() -> AsyncIterator[RequestStore]:
    """The real store, of a database that nobody runs: no test here may need its answer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        engine = open_engine(
            f"postgresql://nobody@127.0.0.1:{port}/none", pool_size=1, application_name="tests"
        )
        yield PostgresRequestStore(engine, worker_id="tests")
        await engine.dispose()


@pytest.fixture
def source() -> MemorySubscription:
    return MemorySubscription()


@pytest.fixture
def keeper(source: MemorySubscription, store: RequestStore) -> LeaseKeeper:
    return LeaseKeeper(source, store, lease_seconds=45.0)


async def test_a_beat_extends_everything_that_is_held_by_the_whole_lease(
    keeper: LeaseKeeper, source: MemorySubscription
) -> None:
    one, other = make_delivery(b"1"), make_delivery(b"2")
    with keeper.holding(one), keeper.holding(other):
        await keeper.beat()
    assert set(source.settled) == {("extend", one.ack_id, 45), ("extend", other.ack_id, 45)}


async def test_a_beat_without_anything_held_asks_for_nothing(
    keeper: LeaseKeeper, source: MemorySubscription
) -> None:
    await keeper.beat()
    assert source.settled == []


async def test_a_delivery_is_held_only_within_its_block_even_if_the_block_fails(
    keeper: LeaseKeeper, source: MemorySubscription
) -> None:
    with pytest.raises(RuntimeError, match="broken"), keeper.holding(make_delivery(b"1")):
        raise RuntimeError("broken")
    await keeper.beat()
    assert source.settled == []


async def test_a_broker_that_does_not_answer_costs_one_beat_and_not_the_worker(
    store: RequestStore,
) -> None:
    source = UnreachableSource()
    keeper = LeaseKeeper(source, store, lease_seconds=45.0)
    with keeper.holding(make_delivery(b"1")):
        await keeper.beat()
        await keeper.beat()
    assert len(source.settled) == 2


@dataclass(slots=True)
class RefusingSource(MemorySubscription):
    """A subscription that answers every extension with a no."""

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Note what was asked for, and refuse it."""
        await MemorySubscription.extend(self, ack_ids, seconds)
        raise AccessError("could not extend deadlines", status=400)


async def test_a_broker_that_says_no_costs_one_beat_and_not_the_worker(
    store: RequestStore,
) -> None:
    """One ack id that it does not like would otherwise end all work without a grace."""
    source, metrics = RefusingSource(), Metrics()
    keeper = LeaseKeeper(source, store, lease_seconds=45.0, metrics=metrics)
    with keeper.holding(make_delivery(b"1")):
        await keeper.beat()
        await keeper.beat()
    assert len(source.settled) == 2
    assert value_of(metrics, "lease_beats_failed_total") == 2


async def test_a_beat_never_follows_a_settlement(store: RequestStore) -> None:
    """A delivery that is let go in the moment of a beat waits longer than it was settled for."""
    source = MemorySubscription()
    keeper = LeaseKeeper(source, store, lease_seconds=45.0)
    delivery, is_over = make_delivery(b"1"), asyncio.Event()

    async def work() -> None:
        with keeper.holding(delivery):
            await is_over.wait()
        await keeper.settled_safely()
        await source.extend([delivery.ack_id], 1)

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    beating = asyncio.create_task(keeper.beat())
    is_over.set()
    await asyncio.gather(working, beating)
    assert source.settled[-1] == ("extend", delivery.ack_id, 1)


async def test_deadlines_are_extended_while_the_database_does_not_answer(
    keeper: LeaseKeeper, source: MemorySubscription
) -> None:
    delivery = make_delivery(b"1")
    with keeper.holding(delivery) as hold:
        hold.claim = Claim(uuid4(), 1)
        await keeper.beat()
        assert not hold.lost, "no answer is not the answer that the claim is gone"
    assert source.settled == [("extend", delivery.ack_id, 45)]


async def test_the_keeper_beats_by_itself_until_it_is_cancelled(store: RequestStore) -> None:
    source = BeatenSource()
    keeper = LeaseKeeper(source, store, lease_seconds=0.03)
    delivery = make_delivery(b"1")
    with keeper.holding(delivery):
        running = asyncio.create_task(keeper.run())
        async with asyncio.timeout(5):
            await source.third.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert {settled[:2] for settled in source.settled} == {("extend", delivery.ack_id)}


async def test_a_database_that_hangs_does_not_hold_up_the_first_extension(
    keeper: LeaseKeeper, source: MemorySubscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "WELCOME_SECONDS", 0.01)
    hangs = asyncio.Event()

    async def hang(claims: Sequence[Claim], lease_seconds: float) -> frozenset[Claim]:
        hangs.set()
        await asyncio.Event().wait()
        return frozenset(claims) if lease_seconds else frozenset()

    monkeypatch.setattr(keeper.store, "renew", hang)
    keeper.lease_seconds = 600.0
    running = asyncio.create_task(keeper.run())
    with keeper.holding(make_delivery(b"1")) as hold:
        hold.claim = Claim(uuid4(), 1)
        keeper.beat_at_once()
        await hangs.wait()
        fresh = make_delivery(b"2")
        with keeper.holding(fresh):
            async with asyncio.timeout(20):
                while fresh.ack_id not in {ack_id for _, ack_id, *_ in source.settled}:  # noqa: ASYNC110  # as a broker
                    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_losing_a_claim_cancels_its_work(keeper: LeaseKeeper) -> None:
    with keeper.holding(make_delivery(b"1")) as hold:
        hold.work = asyncio.create_task(asyncio.Event().wait())
        hold.lose()
        await asyncio.gather(hold.work, return_exceptions=True)
        assert hold.work.cancelled()
        assert hold.lost


async def test_losing_a_claim_before_its_work_began_is_remembered(keeper: LeaseKeeper) -> None:
    with keeper.holding(make_delivery(b"1")) as hold:
        hold.lose()
        assert hold.lost
