"""Ownership of a request, and what asking for it can answer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from worker.lessons.request import LessonRequest
from worker.lessons.stage import Status


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write for one request, as long as its fence is the row's.

    Attributes:
        fence: The rising number; a write with an old one changes nothing.
    """

    request_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """The request is ours.

    Attributes:
        claims_without_progress: Claims in a row, this one included, since the last checkpoint.
        failed_attempts: Real failures so far.
        age_seconds: Since the request was first claimed, or first since it was replayed.
    """

    claim: Claim
    request: LessonRequest
    claims_without_progress: int
    failed_attempts: int
    age_seconds: float


@dataclass(frozen=True, slots=True)
class ClaimHeld:
    """Another worker's claim lives for this many seconds more."""

    seconds_left: float


@dataclass(frozen=True, slots=True)
class AlreadyEnded:
    """The request is ended; there is nothing to do."""

    status: Status


@dataclass(frozen=True, slots=True)
class NoSuchRequest:
    """No row bears the request id."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The row and the message contradict each other.

    Attributes:
        reason: What contradicts what.
    """

    reason: str


ClaimAnswer = Claimed | ClaimHeld | AlreadyEnded | NoSuchRequest | Conflict
