"""What the stages work with, handed over once."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from worker.lessons.claim import Claim
from worker.lessons.ending import EventAddress
from worker.lessons.request import LessonRequest
from worker.ports import LessonRenderer, ObjectStore, RequestStore, Tutor, Voice


@dataclass(frozen=True, slots=True)
class Permits:
    """One bounded semaphore for each resource that requests share."""

    voice_calls: Semaphore
    uploads: Semaphore


@dataclass(frozen=True, slots=True)
class Tools:
    """The ports that the stages use, and the limits on them.

    Attributes:
        workspace: Folder under which every request gets a temporary one of its own.
        now: The current time, with its zone.
    """

    store: RequestStore
    tutor: Tutor
    voice: Voice
    renderer: LessonRenderer
    objects: ObjectStore
    permits: Permits
    bucket: str
    events: EventAddress
    workspace: Path
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Errand:
    """One claimed request on its way through the stages.

    Attributes:
        folder: The request's own temporary folder; it is gone when the stages end.
    """

    claim: Claim
    request: LessonRequest
    folder: Path
