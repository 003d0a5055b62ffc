"""Dead letters as an operator sees them, and what can be asked and answered about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class LetterState(StrEnum):
    """What has become of a dead letter."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A rejected message without what is in it: no field quotes the student.

    Attributes:
        request_id: The request that it names; there may be none of that id.
        settled_at: When it was replayed or discarded; None while it waits.
    """

    letter_id: UUID
    message_id: str
    request_id: UUID | None
    correlation_id: str | None
    stage: str | None
    error_class: str
    reason: str
    delivery_attempt: int | None
    created_at: datetime
    state: LetterState
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class LetterContent:
    """What is in a dead letter: the payload holds what the student wrote."""

    attributes: Mapping[str, str] = field(repr=False)
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which dead letters are meant; None stands for any.

    Attributes:
        since: Kept within this time before now, by the database's clock.
    """

    state: LetterState | None = LetterState.WAITING
    error_class: str | None = None
    stage: str | None = None
    request_id: UUID | None = None
    since: timedelta | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything but the state is asked for."""
        return any((self.error_class, self.stage, self.request_id, self.since))


@dataclass(frozen=True, slots=True)
class LetterCount:
    """How many dead letters have one reason."""

    error_class: str
    stage: str | None
    state: LetterState
    count: int


class Outcome(StrEnum):
    """What came of an order to settle one dead letter."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LetterAnswer:
    """What came of one order, and why.

    Attributes:
        why: What was done, or what stood against it.
    """

    letter_id: UUID
    outcome: Outcome
    why: str
    request_id: UUID | None = None
