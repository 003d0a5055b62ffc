"""What the stages work with, handed over once."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from worker.lessons.claim import Claim
from worker.lessons.costs import PriceTable
from worker.lessons.ending import EventAddress
from worker.lessons.look import DEFAULT_LOOK, Look
from worker.lessons.request import LessonRequest
from worker.lessons.trace import Trace
from worker.pipeline.find_passages import Library
from worker.pipeline.lesson_cache import LessonCache
from worker.pipeline.stage_limits import StageLimits
from worker.ports import CostLedger, LessonRenderer, ObjectStore, RequestStore, Tutor, Voice

OnShare = Callable[[float], Awaitable[None]]
"""Hears the share (0-1) of a stage that is done."""

OnKept = Callable[[], Awaitable[None]]
"""Hears that something is stored that a redelivery takes up: the claim made progress."""


@dataclass(frozen=True, slots=True)
class Permits:
    """One bounded semaphore for each resource that requests share.

    Attributes:
        transfers: Uploads and downloads. Renders are bounded by the renderer's own pool.
    """

    writer_calls: Semaphore
    voice_calls: Semaphore
    transfers: Semaphore


@dataclass(frozen=True, slots=True)
class Tools:
    """The ports that the stages use, and the limits on them.

    Attributes:
        prices: What calls are told to cost; the ledger has the same.
        look: What the pictures of a lesson look like whose request does not choose.
        withholds: A lesson that fails a row of the lesson rules is not published.
        library: The own sources; None for a tutor that writes from its own texts alone.
        workspace: Folder under which every request gets a temporary one of its own.
        now: The current time, with its zone.
    """

    store: RequestStore
    ledger: CostLedger
    prices: PriceTable
    tutor: Tutor
    voice: Voice
    renderer: LessonRenderer
    objects: ObjectStore
    permits: Permits
    limits: StageLimits
    bucket: str
    events: EventAddress
    workspace: Path
    now: Callable[[], datetime]
    look: Look = DEFAULT_LOOK
    withholds: bool = False
    library: Library | None = None

    @property
    def cache(self) -> LessonCache:
        """What was made before, in the bucket that lessons are published to."""
        return LessonCache(self.objects, self.bucket, self.permits.transfers)


@dataclass(frozen=True, slots=True)
class Errand:
    """One claimed request on its way through the stages.

    Attributes:
        folder: The request's own temporary folder; it is gone when the stages end.
        trace: Hears what is made and what is reused.
    """

    claim: Claim
    request: LessonRequest
    folder: Path
    trace: Trace
    on_kept: OnKept
