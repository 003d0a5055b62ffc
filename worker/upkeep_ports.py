"""What a sweep needs from outside, in its own words; `worker.ports` holds the worker's needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from worker.lessons.upkeep import KeptRows, LostMessageRule, Standing


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a listing.

    Attributes:
        updated_at: When it was written last, by the store's clock.
    """

    name: str
    updated_at: datetime


class ObjectShelf(Protocol):
    """What a sweep sees of a bucket store. Both may raise DependencyUnavailableError."""

    def list_objects(self, bucket: str, prefix: str) -> AsyncIterator[StoredObject]:
        """Yield the objects whose names start with `prefix`, fetched page after page.

        An object that is written or deleted meanwhile may be among them or not.
        """
        ...

    async def delete(self, bucket: str, name: str) -> None:
        """Delete an object; one that does not exist is fine."""
        ...


class RequestUpkeep(Protocol):
    """The rows of requests as a sweep sees them. Every method is one short transaction.

    Every method may raise DependencyUnavailableError. All of them may run at the same time as
    themselves and as workers: what another transaction holds is passed over.
    """

    async def republish(self, rule: LostMessageRule, limit: int) -> int:
        """Enqueue up to `limit` requests whose message is lost; return how many."""
        ...

    async def count_lost(self, rule: LostMessageRule) -> int:
        """Count the requests that `republish` would enqueue."""
        ...

    async def standings(self, request_ids: Sequence[UUID]) -> Mapping[UUID, Standing]:
        """Return how requests stand; those of which nothing is known are left out."""
        ...

    async def expire(self, kind: KeptRows, days: float, limit: int) -> int:
        """Remove up to `limit` rows that are older than `days`; return how many."""
        ...

    async def count_expired(self, kind: KeptRows, days: float) -> int:
        """Count the rows that `expire` would remove."""
        ...


class StudentRows(Protocol):
    """All rows of one student. Every method may raise DependencyUnavailableError.

    Each may be called again after a failure, and finds what is left.
    """

    async def cut_off(self, student_id: str, limit: int) -> Sequence[UUID]:
        """Take up to `limit` of the student's requests away from whoever works on them.

        No worker writes anything for them afterwards.
        """
        ...

    async def remove(self, request_ids: Sequence[UUID]) -> Mapping[str, int]:
        """Remove requests and all that names them; return how much of what."""
        ...

    async def remove_messages(self, student_id: str) -> Mapping[str, int]:
        """Remove messages that name the student and belong to no request."""
        ...
