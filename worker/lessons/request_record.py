"""What is written down about a request: for who operates the worker, and for the page.

Nothing here holds what the student wrote; topics are the curriculum's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from worker.lessons.stage import Status


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests are meant; what is None or empty narrows nothing.

    Attributes:
        since: Created no longer ago than this.
    """

    statuses: tuple[Status, ...] = ()
    since: timedelta | None = None
    organization_id: str | None = None


@dataclass(frozen=True, slots=True)
class RequestSummary:
    """One request in a list.

    Attributes:
        cost_micros: What its settled calls cost, in millionths of the price table's currency.
    """

    request_id: UUID
    status: Status
    percentage: int
    grade_level: int
    topic: str | None
    created_at: datetime
    completed_at: datetime | None
    claimed_by: str | None
    error_class: str | None
    cost_micros: int


@dataclass(frozen=True, slots=True)
class StageRun:
    """The latest run of one stage; `seconds` is None while it runs."""

    stage: str
    status: str
    started_at: datetime
    seconds: float | None
    error_class: str | None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One thing that happened; `details` are the worker's own words and numbers."""

    occurred_at: datetime
    kind: str
    stage: str | None
    fence: int
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RecordedCost:
    """All calls of one kind together; `open_calls` are those that nobody has settled."""

    stage: str
    provider: str
    operation: str
    calls: int
    open_calls: int
    price_micros: int


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """Everything about one request.

    Attributes:
        objects: Role to object name, once completed.
        waiting_letters: Its dead letters that nobody has settled.
    """

    summary: RequestSummary
    correlation_id: str
    organization_id: str | None
    language: str
    duration_seconds: int | None
    modalities: tuple[str, ...]
    fence: int
    claim_expires_at: datetime | None
    failed_attempts: int
    claims_without_progress: int
    error_stage: str | None
    error_message: str | None
    error_hint: str | None
    questions: tuple[str, ...]
    help_text: str | None
    objects: Mapping[str, str]
    stages: tuple[StageRun, ...]
    events: tuple[RecordedEvent, ...]
    costs: tuple[RecordedCost, ...]
    waiting_letters: tuple[UUID, ...]
