"""Reading requests for who operates the worker: lists, counts, and one with all its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Float, cast, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from worker.adapters.database.models import (
    ContentRequest,
    DeadLetter,
    RequestCost,
    RequestEvent,
    RequestStage,
)
from worker.adapters.database.transactions import Transactions
from worker.lessons.request_record import (
    RecordedCost,
    RecordedEvent,
    RequestFilter,
    RequestRecord,
    RequestSummary,
    StageRun,
)
from worker.lessons.stage import Status

_SUMMARY = (
    ContentRequest.id,
    ContentRequest.status,
    ContentRequest.progress_percentage,
    ContentRequest.grade_level,
    ContentRequest.topic,
    ContentRequest.created_at,
    ContentRequest.completed_at,
    ContentRequest.claimed_by,
    ContentRequest.error_class,
    ContentRequest.cost_micros,
)
"""In the order of RequestSummary's attributes."""


class PostgresRequestRecords:
    """Requests as they stand; nothing here reads what a student wrote."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._transactions = Transactions(engine)

    async def find(self, wanted: RequestFilter, limit: int) -> Sequence[RequestSummary]:
        """Return the newest requests that are wanted, newest first."""
        statement = select(*_SUMMARY).where(*_conditions(wanted))
        newest = (ContentRequest.created_at.desc(), ContentRequest.id)
        async with self._transactions.begin() as session:
            rows = await session.execute(statement.order_by(*newest).limit(limit))
            return [_summary(*row) for row in rows]

    async def count(self, wanted: RequestFilter) -> Mapping[Status, int]:
        """Count the requests that are wanted by their status, the most frequent first."""
        count = func.count().label("found")
        statement = select(ContentRequest.status, count).where(*_conditions(wanted))
        grouped = statement.group_by(ContentRequest.status).order_by(count.desc())
        async with self._transactions.begin() as session:
            rows = await session.execute(grouped)
            return {Status(status): found for status, found in rows}

    async def read(self, request_id: UUID) -> RequestRecord | None:
        """Return one request with all its parts, or None where there is no such request."""
        async with self._transactions.begin() as session:
            row = await session.get(ContentRequest, request_id)
            return None if row is None else await _record(session, row)


def _conditions(wanted: RequestFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(ContentRequest.status.in_([one.value for one in wanted.statuses]))
    if wanted.since is not None:
        conditions.append(ContentRequest.created_at >= func.now() - wanted.since)
    if wanted.organization_id is not None:
        conditions.append(ContentRequest.organization_id == wanted.organization_id)
    return conditions


def _summary(request_id: UUID, status: str, *rest: Any) -> RequestSummary:
    return RequestSummary(request_id, Status(status), *rest)


async def _record(session: AsyncSession, row: ContentRequest) -> RequestRecord:
    return RequestRecord(
        summary=_summary(*(getattr(row, column.key) for column in _SUMMARY)),
        correlation_id=row.correlation_id,
        organization_id=row.organization_id,
        language=row.language,
        duration_seconds=row.requested_duration_seconds,
        modalities=tuple(row.requested_modalities),
        fence=row.claim_fence,
        claim_expires_at=row.claim_expires_at,
        failed_attempts=row.failed_attempts,
        claims_without_progress=row.claims_without_progress,
        error_stage=row.error_stage,
        error_message=row.error_message,
        error_hint=row.error_hint,
        questions=tuple(row.clarifying_questions or ()),
        help_text=row.help_text,
        objects=dict(row.objects or {}),
        stages=await _stages(session, row.id),
        events=await _events(session, row.id),
        costs=await _costs(session, row.id),
        waiting_letters=await _waiting_letters(session, row.id),
    )


async def _stages(session: AsyncSession, request_id: UUID) -> tuple[StageRun, ...]:
    took = RequestStage.finished_at - RequestStage.started_at
    ran: ColumnElement[float | None] = cast(func.extract("epoch", took), Float)
    rows = await session.execute(
        select(
            RequestStage.stage,
            RequestStage.status,
            RequestStage.started_at,
            ran,
            RequestStage.error_class,
        )
        .where(RequestStage.request_id == request_id)
        .order_by(RequestStage.started_at)
    )
    return tuple(StageRun(*row) for row in rows)


async def _events(session: AsyncSession, request_id: UUID) -> tuple[RecordedEvent, ...]:
    rows = await session.execute(
        select(
            RequestEvent.occurred_at,
            RequestEvent.kind,
            RequestEvent.stage,
            RequestEvent.fence,
            RequestEvent.details,
        )
        .where(RequestEvent.request_id == request_id)
        .order_by(RequestEvent.id)
    )
    return tuple(RecordedEvent(*row) for row in rows)


async def _costs(session: AsyncSession, request_id: UUID) -> tuple[RecordedCost, ...]:
    kind = (RequestCost.stage, RequestCost.provider, RequestCost.operation)
    rows = await session.execute(
        select(
            *kind,
            func.count(),
            func.count().filter(RequestCost.status == "intended"),
            func.sum(RequestCost.price_micros),
        )
        .where(RequestCost.request_id == request_id, RequestCost.status != "void")
        .group_by(*kind)
        .order_by(func.min(RequestCost.intended_at))
    )
    return tuple(
        RecordedCost(stage, provider, operation, calls, open_calls, int(micros))
        for stage, provider, operation, calls, open_calls, micros in rows
    )


async def _waiting_letters(session: AsyncSession, request_id: UUID) -> tuple[UUID, ...]:
    rows = await session.scalars(
        select(DeadLetter.id)
        .where(
            DeadLetter.request_id == request_id,
            DeadLetter.replayed_at.is_(None),
            DeadLetter.discarded_at.is_(None),
        )
        .order_by(DeadLetter.created_at)
    )
    return tuple(rows)
