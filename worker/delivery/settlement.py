"""How a delivery is settled: pure decisions from facts; the consumer acts on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from worker.lessons.backoff import doubled, jittered
from worker.lessons.claim import AlreadyEnded, ClaimHeld, Conflict
from worker.lessons.errors import (
    CircuitOpenError,
    DayBudgetError,
    DependencyUnavailableError,
    PermanentError,
    RequestConflictError,
    UnknownRequestError,
    WorkerError,
)

MAX_DELAY_SECONDS = 600
"""Pub/Sub's longest ack deadline: a retry or a parking cannot wait longer in one step."""


@dataclass(frozen=True, slots=True)
class Ack:
    """End the delivery for good."""

    why: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Let the broker deliver again after a delay."""

    delay_seconds: int
    why: str


@dataclass(frozen=True, slots=True)
class HandBack:
    """Release the claim, let a fresh copy of the message leave through the outbox, and ack.

    It counts neither as a failure of the request nor as a delivery attempt of the broker's.
    """

    delay_seconds: int
    why: str


@dataclass(frozen=True, slots=True)
class Park:
    """Wait, without a slot and without a nack, for another worker's claim to end."""

    delay_seconds: int


@dataclass(frozen=True, slots=True)
class Reject:
    """Dead-letter, then ack."""

    error: WorkerError


@dataclass(frozen=True, slots=True)
class Leave:
    """Do nothing: the delivery is not ours any more."""

    why: str


Settlement = Ack | Retry | HandBack | Park | Reject | Leave

UNKNOWN_REQUEST_SECONDS = 600.0
"""How old a message without a row may grow where the broker counts no attempts."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how late a failed delivery is tried again.

    Attributes:
        max_attempts: Failures after which a request is rejected.
        first_delay_seconds: Delay after the first failure; it doubles with each.
        outage_seconds: For how long after its first claim a request waits for a dependency
            that does not answer, and nothing is counted.
        budget_seconds: For how long after its first claim a request waits for a day on which
            there is money for it: two days, so that one is missed at most.
    """

    max_attempts: int = 5
    first_delay_seconds: float = 10.0
    longest_delay_seconds: float = 300.0
    outage_seconds: float = 6 * 3600.0
    budget_seconds: float = 48 * 3600.0


@dataclass(frozen=True, slots=True)
class Tries:
    """What a request has gone through.

    Attributes:
        failures: Real failures, the one to be settled included.
        claims: Claims so far, the present one included.
        age_seconds: Since its first claim.
    """

    failures: int
    claims: int
    age_seconds: float


def settle_failure(
    error: WorkerError, tries: Tries, policy: RetryPolicy, draw: float
) -> Retry | HandBack | Reject:
    """Decide what follows a failure.

    An outage is no failure of the request, nor is a day whose budget is spent. A call that an
    open breaker refused comes back when the breaker lets a call through; one that was not
    answered, later with every claim. Only a request that has waited for its outage time counts
    a missing answer like any failure: one that is never answered shall end.

    Args:
        error: What was raised.
        tries: What the request has gone through.
        policy: The limits.
        draw: A number from 0 to 1: full jitter over the upper half of the delay, so that
            requests that failed together do not return together (AWS Architecture Blog,
            "Exponential Backoff And Jitter").
    """
    if isinstance(error, CircuitOpenError):
        spread = policy.first_delay_seconds * draw
        delay = min(MAX_DELAY_SECONDS, math.ceil(max(0.0, error.seconds_left) + spread))
        return HandBack(max(1, delay), type(error).__name__)
    if isinstance(error, DayBudgetError):
        return _settle_day_budget(error, tries, policy, draw)
    is_outage = isinstance(error, DependencyUnavailableError)
    if is_outage and tries.age_seconds < policy.outage_seconds:
        return HandBack(backoff_seconds(tries.claims, policy, draw), type(error).__name__)
    if isinstance(error, PermanentError) or tries.failures >= policy.max_attempts:
        return Reject(error)
    return Retry(backoff_seconds(tries.failures, policy, draw), type(error).__name__)


def _settle_day_budget(
    error: DayBudgetError, tries: Tries, policy: RetryPolicy, draw: float
) -> HandBack | Reject:
    """Let a request wait for tomorrow's money, in steps: somebody may raise the budget today."""
    if tries.age_seconds >= policy.budget_seconds:
        return Reject(error)
    until_tomorrow = error.seconds_left + policy.longest_delay_seconds * draw
    return HandBack(max(1, min(MAX_DELAY_SECONDS, math.ceil(until_tomorrow))), type(error).__name__)


def backoff_seconds(failures: int, policy: RetryPolicy, draw: float) -> int:
    """Return the delay after the n-th failure or claim, in whole seconds."""
    delay = doubled(policy.first_delay_seconds, failures - 1, policy.longest_delay_seconds)
    return max(1, round(jittered(delay, draw)))


def settle_refusal(answer: AlreadyEnded | ClaimHeld | Conflict) -> Ack | Park | Reject:
    """Decide what follows a claim that was refused."""
    match answer:
        case AlreadyEnded(status=status):
            return Ack(f"already {status.value}")
        case ClaimHeld(seconds_left=seconds_left):
            return park_for(seconds_left)
        case Conflict(reason=reason):
            return Reject(RequestConflictError(reason))


def settle_absence(
    attempt: int | None, age_seconds: float, policy: RetryPolicy, draw: float
) -> Retry | Reject:
    """Decide what follows a message without a row: it may not be committed yet.

    Args:
        attempt: The delivery attempt; None where the broker counts none: then the message's
            age bounds the tries.
        age_seconds: Since the message was published.
        policy: The limits.
        draw: A number from 0 to 1.
    """
    is_old = attempt is None and age_seconds > UNKNOWN_REQUEST_SECONDS
    if is_old or (attempt is not None and attempt >= policy.max_attempts):
        return Reject(UnknownRequestError(f"no such request after {attempt or 'many'} deliveries"))
    return Retry(backoff_seconds(attempt or 1, policy, draw), "no row yet")


def park_for(seconds_left: float) -> Park:
    """Wait until the other claim has ended, and a second more."""
    return Park(min(MAX_DELAY_SECONDS, max(10, int(seconds_left) + 1)))
