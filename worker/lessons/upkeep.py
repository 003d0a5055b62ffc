"""What a sweep looks at, and which objects of the bucket are orphans: pure decisions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

LESSONS = "lessons/"
"""Prefix of all that requests leave in the bucket: `lessons/REQUEST/FENCE/NAME`."""

CACHE = "cache/"

_LESSON_OBJECT = re.compile(
    r"lessons/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/(0|[1-9]\d{0,18})/."
)


class KeptRows(StrEnum):
    """Rows that are kept for a time and then removed.

    REQUESTS are ended requests with all that hangs on them; ERASED are the bare ids of requests
    that are gone; DAILY_COSTS are the totals that budgets of a day are held to.
    """

    REQUESTS = "requests"
    EVENTS = "events"
    DEAD_LETTERS = "dead_letters"
    OUTBOX = "outbox"
    ERASED = "erased"
    DAILY_COSTS = "daily_costs"


@dataclass(frozen=True, slots=True)
class LostMessageRule:
    """When a request that nobody works on has lost its message.

    Attributes:
        after_seconds: Time since its message was published, or it was given back, or it was made,
            or its claim ran out. It doubles with every republication: a long queue is no loss.
        longest_seconds: What it grows to at most.
    """

    after_seconds: float
    longest_seconds: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands, as far as its objects are concerned.

    Attributes:
        is_over: It is ended, or was removed on purpose.
        manifest_object: The manifest that counts, if any.
    """

    is_over: bool
    fence: int
    manifest_object: str | None


@dataclass(frozen=True, slots=True)
class LessonObject:
    """An object under `lessons/`, and whose it is."""

    name: str
    request_id: UUID
    fence: int
    updated_at: datetime

    @classmethod
    def of(cls, name: str, updated_at: datetime) -> LessonObject | None:
        """Read an object's name; None for one that no worker has given."""
        found = _LESSON_OBJECT.match(name)
        if found is None:
            return None
        return cls(name, UUID(found[1]), int(found[2]), updated_at)

    def is_orphan(self, standing: Standing | None, written_before: datetime) -> bool:
        """Tell whether nobody can want the object any more.

        What lies beside the manifest that counts is kept, and so is what is written under the
        fence of a request that is not over: a claim may live. What belongs to an older fence, or
        to a request of which the database knows nothing at all, goes only once it was written
        before the given moment: a worker may still upload, and the database may be the wrong one.
        """
        if standing is None:
            return self.updated_at < written_before
        if standing.manifest_object is not None:
            folder = standing.manifest_object.rpartition("/")[0]
            if self.name.startswith(f"{folder}/"):
                return False
        if standing.is_over:
            return True
        return self.fence < standing.fence and self.updated_at < written_before
