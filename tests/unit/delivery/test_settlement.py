"""Settlement: retry or reject, how late, and for how long a delivery is parked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.google_http import AccessError
from worker.delivery.settlement import (
    MAX_DELAY_SECONDS,
    UNKNOWN_REQUEST_SECONDS,
    Ack,
    HandBack,
    Park,
    Reject,
    Retry,
    RetryPolicy,
    Settlement,
    Tries,
    backoff_seconds,
    park_for,
    settle_absence,
    settle_failure,
    settle_refusal,
)
from worker.lessons.claim import AlreadyEnded, ClaimHeld, Conflict
from worker.lessons.errors import (
    CircuitOpenError,
    DayBudgetError,
    DependencyUnavailableError,
    LayoutError,
    LessonInvalidError,
    MalformedMessageError,
    NarrationError,
    PermanentError,
    PoisonRequestError,
    RenderCrashedError,
    RequestBudgetError,
    RequestConflictError,
    StageTimeoutError,
    UnexpectedError,
    UnknownRequestError,
    WorkerError,
)
from worker.lessons.stage import Status

POLICY = RetryPolicy(max_attempts=3, first_delay_seconds=10, longest_delay_seconds=300)

RETRYABLE: list[WorkerError] = [
    DependencyUnavailableError("no answer"),
    StageTimeoutError("too long"),
    RenderCrashedError("died"),
    UnexpectedError("a fault of ours"),
    AccessError("may not read", status=403),
]
PERMANENT: list[WorkerError] = [
    RequestBudgetError("request", 500_000, 20_000),
    MalformedMessageError(("grade_level: missing",)),
    RequestConflictError("not the same"),
    UnknownRequestError("no row"),
    PoisonRequestError("too many claims"),
    NarrationError("no word"),
    LayoutError("no room"),
    LessonInvalidError("too short"),
]


YOUNG, OLD = POLICY.outage_seconds - 1, POLICY.outage_seconds


def tries(failures: int, *, claims: int = 1, age_seconds: float = OLD) -> Tries:
    return Tries(failures, claims, age_seconds)


def name(value: object) -> str:
    return type(value).__name__ if isinstance(value, WorkerError) else str(value)


@pytest.mark.parametrize("failures", [1, 2])
@pytest.mark.parametrize("error", RETRYABLE, ids=name)
def test_what_may_succeed_later_is_tried_again(error: WorkerError, failures: int) -> None:
    settlement = settle_failure(error, tries(failures), POLICY, 1.0)
    assert settlement == Retry(10 * 2 ** (failures - 1), type(error).__name__)


@pytest.mark.parametrize("failures", [3, 4, 1000])
@pytest.mark.parametrize("error", RETRYABLE, ids=name)
def test_what_has_failed_as_often_as_it_may_is_rejected(error: WorkerError, failures: int) -> None:
    assert settle_failure(error, tries(failures), POLICY, 0.5) == Reject(error)


@pytest.mark.parametrize("failures", [1, 3])
@pytest.mark.parametrize("error", PERMANENT, ids=name)
def test_what_no_retry_can_help_is_rejected_at_once(error: WorkerError, failures: int) -> None:
    assert settle_failure(error, tries(failures), POLICY, 0.5) == Reject(error)


DRAWS = st.floats(0, 1)
ERRORS = st.sampled_from([*RETRYABLE, *PERMANENT, CircuitOpenError("voice", 3.0)])
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


TRIES = st.builds(Tries, st.integers(1, 10_000), st.integers(1, 10_000), st.floats(0, 1e6))


@given(ERRORS, TRIES, POLICIES, DRAWS)
def test_every_failure_is_settled_by_its_class_and_what_the_request_has_gone_through(
    error: WorkerError, facts: Tries, policy: RetryPolicy, draw: float
) -> None:
    """Equal facts give equal decisions, and every delay is one that the broker can wait."""
    settlement = settle_failure(error, facts, policy, draw)
    assert settlement == settle_failure(error, facts, policy, draw)
    failures = facts.failures
    match settlement:
        case Reject():
            assert isinstance(error, PermanentError) or failures >= policy.max_attempts
        case Retry(delay_seconds=delay):
            assert failures < policy.max_attempts
            assert 1 <= delay <= MAX_DELAY_SECONDS
        case HandBack(delay_seconds=delay):
            assert isinstance(error, CircuitOpenError | DependencyUnavailableError)
            assert 1 <= delay <= MAX_DELAY_SECONDS


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.floats(0, YOUNG), DRAWS)
def test_an_outage_never_fails_a_request_within_its_outage_time(
    failures: int, claims: int, age_seconds: float, draw: float
) -> None:
    error, facts = DependencyUnavailableError("no answer"), Tries(failures, claims, age_seconds)
    delay = backoff_seconds(claims, POLICY, draw)
    assert settle_failure(error, facts, POLICY, draw) == HandBack(delay, type(error).__name__)


def test_an_outage_of_six_hours_costs_a_request_fewer_than_a_hundred_and_fifty_tries() -> None:
    """Each try finds no answer at once; the waits alone make the request older."""
    age, claims = 0.0, 1
    while isinstance(
        settlement := settle_failure(
            DependencyUnavailableError("no answer"), Tries(1, claims, age), POLICY, 0.0
        ),
        HandBack,
    ):
        age += settlement.delay_seconds
        claims += 1
    assert isinstance(settlement, Retry), "from now on it counts"
    assert claims < 150


@given(st.floats(-10, 1e6), st.integers(1, 10_000), DRAWS)
def test_a_refused_call_comes_back_when_the_breaker_lets_it_and_never_fails_the_request(
    seconds_left: float, failures: int, draw: float
) -> None:
    error = CircuitOpenError("voice", seconds_left)
    settlement = settle_failure(error, tries(failures), POLICY, draw)
    assert isinstance(settlement, HandBack)
    assert settlement.delay_seconds >= min(seconds_left, MAX_DELAY_SECONDS)
    assert settlement.delay_seconds <= max(seconds_left, 0) + POLICY.first_delay_seconds + 1


@pytest.mark.parametrize(
    ("answer", "settlement"),
    [
        (AlreadyEnded(Status.COMPLETED), Ack("already completed")),
        (AlreadyEnded(Status.CANCELLED), Ack("already cancelled")),
        (ClaimHeld(25.5), Park(26)),
        (ClaimHeld(0.0), Park(10)),
    ],
)
def test_what_follows_a_refused_claim(
    answer: AlreadyEnded | ClaimHeld, settlement: Settlement
) -> None:
    assert settle_refusal(answer) == settlement


def test_a_conflict_is_rejected_with_its_reason() -> None:
    settlement = settle_refusal(Conflict("two rows"))
    assert isinstance(settlement, Reject)
    assert isinstance(settlement.error, RequestConflictError)
    assert settlement.error.message == "two rows"


@given(st.one_of(st.none(), st.integers(1, 100)), st.floats(0, 10_000), DRAWS)
def test_a_message_without_a_row_is_given_up_by_its_attempts_or_else_by_its_age(
    attempt: int | None, age: float, draw: float
) -> None:
    settlement = settle_absence(attempt, age, POLICY, draw)
    given_up = age > UNKNOWN_REQUEST_SECONDS if attempt is None else attempt >= 3
    if given_up:
        assert isinstance(settlement, Reject)
        assert isinstance(settlement.error, UnknownRequestError)
    else:
        assert settlement == Retry(backoff_seconds(attempt or 1, POLICY, draw), "no row yet")


@given(st.floats(0, 86_400), st.floats(0, POLICY.budget_seconds - 1), st.floats(0, 1))
def test_a_spent_day_counts_no_failure_and_is_asked_again_within_ten_minutes(
    left: float, age: float, draw: float
) -> None:
    error = DayBudgetError("day", 5_000_000, left)
    settlement = settle_failure(error, Tries(99, 99, age), POLICY, draw)
    assert isinstance(settlement, HandBack)
    assert 1 <= settlement.delay_seconds <= MAX_DELAY_SECONDS


def test_a_request_that_no_day_has_money_for_ends() -> None:
    error = DayBudgetError("organization", 5_000_000, 60.0)
    tries = Tries(failures=1, claims=9, age_seconds=POLICY.budget_seconds)
    assert settle_failure(error, tries, POLICY, 0.5) == Reject(error)
