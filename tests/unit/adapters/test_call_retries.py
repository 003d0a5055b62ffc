"""Retries: they stay within their time, whatever happens, and through guard and breaker too."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.virtual_time import run_in_virtual_time
from worker.adapters.call_retries import (
    LONGEST_WAIT_SECONDS,
    MOST_ATTEMPTS,
    NotNowError,
    Retries,
    TimeBudget,
    wait_before_retry,
)
from worker.delivery.breaker import Breaker, BreakerPolicy, Dependency
from worker.delivery.guarded_ports import Guard
from worker.lessons.errors import DependencyUnavailableError, RefusedError, RetryableError

NEVER = float("inf")
HAIR = 1e-6


@dataclass(frozen=True, slots=True)
class Step:
    """What one attempt meets: how long it takes, and how it ends."""

    seconds: float
    ends: str
    asked: float | None = None


@dataclass(slots=True)
class Service:
    """Meets its steps in order, and answers once they are over."""

    steps: Sequence[Step]
    given: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> str:
        """Meet the next step."""
        step = self.steps[len(self.given)] if len(self.given) < len(self.steps) else Step(0, "yes")
        self.given.append(seconds)
        if step.seconds == NEVER:
            await asyncio.Event().wait()
        await asyncio.sleep(step.seconds)
        if step.ends == "later":
            raise NotNowError("later", wait_seconds=step.asked)
        if step.ends == "no":
            raise RefusedError("no")
        return "answer"


SECONDS = st.one_of(st.floats(0.0, 60.0), st.just(NEVER))
STEPS = st.lists(
    st.builds(
        Step,
        SECONDS,
        st.sampled_from(["later", "later", "later", "no", "yes"]),
        st.one_of(st.none(), st.floats(0.0, 500.0)),
    ),
    max_size=12,
)
BUDGETS = st.floats(0.1, 200.0)
DRAWS = st.floats(0.0, 1.0)


async def outcome_of(service: Service, budget: float, draw: float) -> str:
    retries = Retries(draw=lambda: draw)
    try:
        return await retries.call(service, TimeBudget.starting_now(budget))
    except (RetryableError, RefusedError) as error:
        return type(error).__name__


@given(STEPS, BUDGETS, DRAWS)
@settings(max_examples=100)
def test_whatever_a_service_does_its_calls_end_within_their_time(
    steps: list[Step], budget: float, draw: float
) -> None:
    service = Service(steps)
    outcome, seconds = run_in_virtual_time(outcome_of(service, budget, draw))
    assert seconds <= budget + HAIR
    assert outcome in {"answer", "NotNowError", "RefusedError"}
    assert 1 <= len(service.given) <= MOST_ATTEMPTS
    assert all(0 < one <= budget / 2 + HAIR for one in service.given)


@given(st.lists(STEPS, min_size=1, max_size=6), BUDGETS, DRAWS)
@settings(max_examples=100)
def test_a_guard_and_its_breaker_add_at_most_the_wait_for_another_s_probe(
    requests: list[list[Step]], budget: float, draw: float
) -> None:
    """Calls of several requests at once, one after another in each, on one breaker."""

    async def call(service: Service, guard: Guard) -> float:
        began = asyncio.get_running_loop().time()
        with suppress(RetryableError, RefusedError):
            async with guard.call():
                await Retries(draw=lambda: draw).call(service, TimeBudget.starting_now(budget))
        return asyncio.get_running_loop().time() - began

    async def request(steps: list[Step], guard: Guard) -> list[float]:
        return [await call(Service(steps[number:]), guard) for number in range(3)]

    async def all_requests() -> list[float]:
        clock = asyncio.get_running_loop().time
        breaker = Breaker(Dependency.WRITER, BreakerPolicy(failures=2), clock, lambda: draw)
        guard = Guard(breaker, budget)
        lengths = await asyncio.gather(*(request(one, guard) for one in requests))
        return [seconds for one in lengths for seconds in one]

    lengths, _ = run_in_virtual_time(all_requests())
    assert all(seconds <= 2 * budget + HAIR for seconds in lengths)


def test_an_attempt_that_hangs_leaves_room_for_another() -> None:
    service = Service([Step(NEVER, "yes")])
    outcome, seconds = run_in_virtual_time(outcome_of(service, 60.0, 1.0))
    assert (outcome, service.given) == ("answer", [30.0, pytest.approx(29.5)])
    assert seconds == pytest.approx(30.5)


def test_a_wait_that_outlasts_the_time_is_not_begun() -> None:
    service = Service([Step(1.0, "later", asked=60.0)])
    assert run_in_virtual_time(outcome_of(service, 30.0, 0.0)) == ("NotNowError", 1.0)


def test_a_wait_that_a_service_asks_for_is_never_cut_short() -> None:
    service = Service([Step(0.0, "later", asked=20.0)])
    assert run_in_virtual_time(outcome_of(service, 60.0, 0.0)) == ("answer", 20.0)


def test_a_no_is_no_reason_to_call_again() -> None:
    service = Service([Step(0.0, "no")])
    assert run_in_virtual_time(outcome_of(service, 60.0, 0.0)) == ("RefusedError", 0.0)
    assert len(service.given) == 1


@given(st.integers(1, 50), DRAWS)
def test_waits_grow_and_stay_below_their_longest(failed: int, draw: float) -> None:
    wait = wait_before_retry(failed, None, draw)
    assert 0 < wait <= LONGEST_WAIT_SECONDS
    assert wait <= wait_before_retry(failed + 2, None, draw) or wait >= LONGEST_WAIT_SECONDS / 2


def test_what_is_given_up_counts_as_not_answered() -> None:
    assert issubclass(NotNowError, DependencyUnavailableError)
