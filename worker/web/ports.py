"""What the page needs from outside, in its own words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from worker.lessons.ask import Ask
from worker.lessons.dead_letter import DeadLetter, LetterAnswer, LetterFilter
from worker.lessons.look import Look
from worker.lessons.request import LessonRequest
from worker.lessons.request_record import RequestFilter, RequestRecord, RequestSummary
from worker.lessons.stage import Status
from worker.lessons.standing import Standing
from worker.lessons.stored_file import StoredFile


class RequestRecords(Protocol):
    """Requests without what a student wrote. Every method may raise DependencyUnavailableError."""

    async def find(self, wanted: RequestFilter, limit: int) -> Sequence[RequestSummary]:
        """Return the newest requests that are wanted, newest first."""
        ...

    async def count(self, wanted: RequestFilter) -> Mapping[Status, int]:
        """Count the requests that are wanted by their status."""
        ...

    async def read(self, request_id: UUID) -> RequestRecord | None:
        """Return one request with all its parts, or None where there is none."""
        ...


class AskedRequests(Protocol):
    """What was asked for, and how far it is. May raise DependencyUnavailableError."""

    async def asked(self, request_id: UUID) -> LessonRequest | None:
        """Return what a request asks for, the student's words included."""
        ...

    async def standing(self, request_id: UUID) -> Standing | None:
        """Return how far a request is, or None where there is none."""
        ...

    async def usual_seconds(self, request_id: UUID) -> Mapping[str, float]:
        """Return what each stage usually takes for a request of this length and form.

        Empty where no such request was completed lately.
        """
        ...


class Letters(Protocol):
    """Dead letters. Every method may raise DependencyUnavailableError."""

    async def find(self, wanted: LetterFilter, limit: int) -> Sequence[DeadLetter]:
        """Return the newest letters that are wanted."""
        ...

    async def replay(self, letter_id: UUID) -> LetterAnswer:
        """Enqueue what a letter asked for, once."""
        ...


class Media(Protocol):
    """The files of lessons.

    Every method may raise DependencyUnavailableError, and FileNotFoundError for a name that the
    bucket does not have.
    """

    async def describe(self, name: str) -> StoredFile:
        """Return what is known of a file."""
        ...

    def read(self, name: str, first: int, last: int) -> AsyncIterator[bytes]:
        """Yield the bytes from the first to the last, both included, a piece at a time."""
        ...


@dataclass(frozen=True, slots=True)
class PagePorts:
    """Everything that the page reads and orders.

    Attributes:
        submit: Writes a request, publishes its message, and returns its id.
        topics: Questions that a student may tap.
        interests: Interests that the curriculum knows.
        look: What pictures look like where a request does not choose.
    """

    records: RequestRecords
    requests: AskedRequests
    letters: Letters
    media: Media
    submit: Callable[[Ask], Awaitable[UUID]]
    topics: tuple[str, ...]
    interests: tuple[str, ...]
    look: Look
