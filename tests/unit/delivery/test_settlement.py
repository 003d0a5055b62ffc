"""Settlement: retry or reject, how late, and for how long a delivery is parked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.google_http import AccessError
from worker.delivery.settlement import (
    MAX_DELAY_SECONDS,
    Reject,
    Retry,
    RetryPolicy,
    backoff_seconds,
    park_for,
    settle_failure,
)
from worker.lessons.errors import (
    DependencyUnavailableError,
    LayoutError,
    LessonInvalidError,
    MalformedMessageError,
    NarrationError,
    PoisonRequestError,
    RenderCrashedError,
    RequestConflictError,
    StageTimeoutError,
    UnexpectedError,
    UnknownRequestError,
    WorkerError,
)

POLICY = RetryPolicy(max_attempts=3, first_delay_seconds=10, longest_delay_seconds=300)

RETRYABLE: list[WorkerError] = [
    DependencyUnavailableError("no answer"),
    StageTimeoutError("too long"),
    RenderCrashedError("died"),
    UnexpectedError("a fault of ours"),
    AccessError("may not read", status=403),
]
PERMANENT: list[WorkerError] = [
    MalformedMessageError(("grade_level: missing",)),
    RequestConflictError("not the same"),
    UnknownRequestError("no row"),
    PoisonRequestError("too many claims"),
    NarrationError("no word"),
    LayoutError("no room"),
    LessonInvalidError("too short"),
]


def name(value: object) -> str:
    return type(value).__name__ if isinstance(value, WorkerError) else str(value)


@pytest.mark.parametrize("failures", [1, 2])
@pytest.mark.parametrize("error", RETRYABLE, ids=name)
def test_what_may_succeed_later_is_tried_again(error: WorkerError, failures: int) -> None:
    settlement = settle_failure(error, failures, POLICY, 1.0)
    assert settlement == Retry(10 * 2 ** (failures - 1), type(error).__name__)


@pytest.mark.parametrize("failures", [3, 4, 1000])
@pytest.mark.parametrize("error", RETRYABLE, ids=name)
def test_what_has_failed_as_often_as_it_may_is_rejected(error: WorkerError, failures: int) -> None:
    assert settle_failure(error, failures, POLICY, 0.5) == Reject(error)


@pytest.mark.parametrize("failures", [1, 3])
@pytest.mark.parametrize("error", PERMANENT, ids=name)
def test_what_no_retry_can_help_is_rejected_at_once(error: WorkerError, failures: int) -> None:
    assert settle_failure(error, failures, POLICY, 0.5) == Reject(error)


DRAWS = st.floats(0, 1)
POLICIES = st.builds(
    RetryPolicy,
    max_attempts=st.integers(1, 1000),
    first_delay_seconds=st.floats(0.01, 7 * 24 * 3600),
)


@given(st.integers(-3, 10_000), POLICIES, DRAWS)
def test_a_delay_is_a_whole_number_that_the_broker_can_wait(
    failures: int, policy: RetryPolicy, draw: float
) -> None:
    delay = backoff_seconds(failures, policy, draw)
    assert isinstance(delay, int)
    assert 1 <= delay <= max(1, policy.longest_delay_seconds) <= MAX_DELAY_SECONDS


@given(st.integers(1, 10_000), DRAWS)
def test_a_delay_is_drawn_from_the_upper_half_of_what_doubling_gives(
    failures: int, draw: float
) -> None:
    full = min(10 * 2 ** min(failures - 1, 20), 300)
    assert full / 2 - 0.5 <= backoff_seconds(failures, POLICY, draw) <= full + 0.5


@given(st.integers(1, 100), DRAWS)
def test_a_later_failure_never_waits_less(failures: int, draw: float) -> None:
    one, following = (backoff_seconds(count, POLICY, draw) for count in (failures, failures + 1))
    assert one <= following


def test_the_delays_of_the_first_failures() -> None:
    delays = [backoff_seconds(failures, POLICY, 1.0) for failures in range(1, 9)]
    assert delays == [10, 20, 40, 80, 160, 300, 300, 300]


@given(st.floats(-100, 10_000))
def test_a_parked_delivery_returns_after_the_other_claim_has_ended_if_the_broker_can_wait(
    seconds_left: float,
) -> None:
    delay = park_for(seconds_left).delay_seconds
    assert 10 <= delay <= MAX_DELAY_SECONDS
    assert delay > seconds_left or delay == MAX_DELAY_SECONDS
    assert delay <= max(10, seconds_left + 1)
