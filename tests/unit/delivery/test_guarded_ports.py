"""What a guard counts, what it lets through, and what it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.deliveries import make_delivery
from tests.fakes.folder_store import FolderStore
from tests.fakes.memory_broker import MemorySubscription
from tests.fakes.tone_voice import ToneVoice
from worker.adapters.google_http import AccessError
from worker.delivery.breaker import Breaker, BreakerPolicy, Dependency, Mode
from worker.delivery.guarded_ports import Guard, GuardedObjects, GuardedSource, GuardedVoice
from worker.lessons.errors import (
    CircuitOpenError,
    ClaimLostError,
    DayBudgetError,
    DependencyUnavailableError,
    NarrationError,
    WorkerError,
)


@pytest.fixture
def guard() -> Guard:
    breaker = Breaker(Dependency.BROKER, BreakerPolicy(failures=2), lambda: 0.0, lambda: 1.0)
    return Guard(breaker, call_seconds=0.05)


async def _meet(guard: Guard, error: BaseException) -> None:
    with pytest.raises(type(error)):
        async with guard.call():
            raise error


async def test_calls_that_are_not_answered_open_the_breaker(guard: Guard) -> None:
    for _ in range(2):
        await _meet(guard, DependencyUnavailableError("no answer"))
    assert guard.breaker.mode is Mode.OPEN
    with pytest.raises(CircuitOpenError):
        async with guard.call():
            pytest.fail("the call was made")


@pytest.mark.parametrize(
    "error",
    [
        AccessError("may not", status=403),
        NarrationError("no word"),
        ClaimLostError("gone"),
        CircuitOpenError("another", 1.0),
        ValueError("a fault of ours"),
        asyncio.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_no_a_fault_of_ours_and_a_cancellation_never_open_it(
    guard: Guard, error: BaseException
) -> None:
    for _ in range(5):
        await _meet(guard, error)
    assert guard.breaker.mode is Mode.CLOSED


async def test_a_no_is_an_answer(guard: Guard) -> None:
    await _meet(guard, DependencyUnavailableError("no answer"))
    await _meet(guard, AccessError("may not", status=403))
    await _meet(guard, DependencyUnavailableError("no answer"))
    assert guard.breaker.mode is Mode.CLOSED


async def test_a_call_that_hangs_ends_as_one_that_was_not_answered(guard: Guard) -> None:
    for _ in range(2):
        with pytest.raises(DependencyUnavailableError, match=r"within 0\.05 s"):
            async with guard.call():
                await asyncio.Event().wait()
    assert guard.breaker.mode is Mode.OPEN


async def test_a_time_limit_within_the_call_is_not_taken_for_the_guard_s(guard: Guard) -> None:
    with pytest.raises(TimeoutError):
        async with guard.call():
            raise TimeoutError
    assert guard.breaker.mode is Mode.CLOSED


@pytest.mark.parametrize("is_back", [True, False])
async def test_a_call_that_meets_a_probe_shares_its_fate(is_back: bool) -> None:  # noqa: FBT001  # a parameter
    """Files of one lesson are uploaded together: refusing all but one would cancel the probe."""
    now = [0.0]
    policy = BreakerPolicy(failures=1, first_seconds=1.0)
    breaker = Breaker(Dependency.OBJECT_STORE, policy, lambda: now[0], lambda: 1.0)
    guard = Guard(breaker, call_seconds=5.0)
    await _meet(guard, DependencyUnavailableError("no answer"))
    now[0] = 1.0
    made: list[str] = []

    async def call(name: str) -> None:
        async with guard.call():
            made.append(name)
            await asyncio.sleep(0.02)
            if not is_back:
                raise DependencyUnavailableError("no answer")

    results = await asyncio.gather(*(call(name) for name in "abc"), return_exceptions=True)
    if is_back:
        assert (made, results) == (["a", "b", "c"], [None, None, None])
    else:
        assert made == ["a"]
        assert [type(result) for result in results[1:]] == [CircuitOpenError, CircuitOpenError]


async def test_a_probe_that_is_cancelled_leaves_its_place_to_one_who_waits() -> None:
    now = [0.0]
    policy = BreakerPolicy(failures=1, first_seconds=1.0)
    breaker = Breaker(Dependency.OBJECT_STORE, policy, lambda: now[0], lambda: 1.0)
    guard = Guard(breaker, call_seconds=5.0)
    await _meet(guard, DependencyUnavailableError("no answer"))
    now[0] = 1.0

    async def hang() -> None:
        async with guard.call():
            await asyncio.Event().wait()

    async def answer() -> None:
        async with guard.call():
            pass

    probe = asyncio.create_task(hang())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(answer())
    await asyncio.sleep(0)
    probe.cancel()
    await waiting
    assert breaker.mode is Mode.CLOSED


async def _open(guard: Guard) -> None:
    for _ in range(2):
        await _meet(guard, DependencyUnavailableError("no answer"))


async def test_while_open_nothing_is_pulled_but_what_is_held_is_kept_and_ended(
    guard: Guard,
) -> None:
    await _open(guard)
    inner = MemorySubscription()
    source = GuardedSource(inner, guard)
    with pytest.raises(CircuitOpenError):
        await source.pull(1)
    delivery = make_delivery(b"1")
    await source.extend([delivery.ack_id], 30)
    await source.ack([delivery.ack_id])
    assert inner.settled == [("extend", delivery.ack_id, 30), ("ack", delivery.ack_id)]


async def test_a_pull_may_take_longer_than_other_calls(guard: Guard) -> None:
    inner = MemorySubscription(wait_seconds=0.2)
    assert await GuardedSource(inner, guard).pull(1) == []
    assert guard.breaker.mode is Mode.CLOSED


async def test_an_object_that_is_not_there_is_an_answer(guard: Guard, tmp_path: Path) -> None:
    objects = GuardedObjects(FolderStore(tmp_path), guard)
    await _meet(guard, DependencyUnavailableError("no answer"))
    with pytest.raises(FileNotFoundError):
        await objects.download("bucket", "nothing", tmp_path / "target")
    await _meet(guard, DependencyUnavailableError("no answer"))
    assert guard.breaker.mode is Mode.CLOSED


async def test_a_guarded_voice_speaks_as_the_voice_within_it(guard: Guard) -> None:
    voice, guarded = ToneVoice(), GuardedVoice(ToneVoice(), guard)
    assert (guarded.name, guarded.identity) == (voice.name, voice.identity)
    assert await guarded.speak("Two words", 150) == await voice.speak("Two words", 150)


@pytest.mark.parametrize(
    "error",
    [
        DependencyUnavailableError("no answer"),
        CircuitOpenError("database", 1.0),
        DayBudgetError("day", 5_000_000, 60.0),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_a_guard_within_has_heard_says_nothing_of_the_one_around_it(
    guard: Guard, error: WorkerError
) -> None:
    """The ledger's database is away while the voice is called: that is no fault of the voice."""
    policy = BreakerPolicy(failures=1)
    database = Guard(Breaker(Dependency.DATABASE, policy, lambda: 0.0, lambda: 1.0), 0.05)
    await _meet(guard, DependencyUnavailableError("no answer"))
    with pytest.raises(type(error)):
        async with guard.call(), database.call():
            raise error
    is_outage = isinstance(error, DependencyUnavailableError)
    assert database.breaker.mode is (Mode.OPEN if is_outage else Mode.CLOSED)
    modes = [guard.breaker.mode]
    await _meet(guard, DependencyUnavailableError("no answer"))
    assert [*modes, guard.breaker.mode] == [Mode.CLOSED, Mode.OPEN]
