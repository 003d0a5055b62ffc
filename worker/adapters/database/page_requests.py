"""What the page reads beside a request's record: the ask, how far it is, and the usual times."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Float, cast, func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased

from worker.adapters.database.models import ContentRequest, RequestStage
from worker.adapters.database.request_rows import read_request
from worker.adapters.database.transactions import Transactions
from worker.lessons.request import DEFAULT_DURATION_SECONDS, LessonRequest
from worker.lessons.stage import Status
from worker.lessons.standing import Standing

RECENT = 50
"""Completed requests that the usual times are taken from. (ours)"""


class PostgresPageRequests:
    """Implements `worker.web.ports.AskedRequests`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._transactions = Transactions(engine)

    async def asked(self, request_id: UUID) -> LessonRequest | None:
        """Return what a request asks for, the student's words included."""
        async with self._transactions.begin() as session:
            row = await session.get(ContentRequest, request_id)
            return None if row is None else read_request(row)

    async def standing(self, request_id: UUID) -> Standing | None:
        """Return how far a request is, or None where there is none."""
        until = func.coalesce(ContentRequest.completed_at, func.now())
        elapsed = cast(func.extract("epoch", until - ContentRequest.created_at), Float)
        ran = cast(func.extract("epoch", func.now() - RequestStage.started_at), Float)
        async with self._transactions.begin() as session:
            row = (
                await session.execute(
                    select(
                        ContentRequest.status, ContentRequest.progress_percentage, elapsed
                    ).where(ContentRequest.id == request_id)
                )
            ).one_or_none()
            if row is None:
                return None
            stages = (
                await session.execute(
                    select(RequestStage.stage, RequestStage.finished_at, ran).where(
                        RequestStage.request_id == request_id
                    )
                )
            ).all()
        return Standing(
            status=Status(row[0]),
            percentage=row[1],
            elapsed_seconds=max(0.0, row[2]),
            finished=frozenset(stage for stage, ended, _ in stages if ended is not None),
            running={stage: seconds for stage, ended, seconds in stages if ended is None},
        )

    async def usual_seconds(self, request_id: UUID) -> Mapping[str, float]:
        """Return the median of each stage, scaled to the length that is asked for."""
        this, other = aliased(ContentRequest), aliased(ContentRequest)
        recent = (
            select(other.id, _length(other).label("length"))
            .join(this, this.requested_modalities == other.requested_modalities)
            .where(this.id == request_id, other.status == Status.COMPLETED.value)
            .order_by(other.completed_at.desc())
            .limit(RECENT)
            .subquery()
        )
        took = func.extract("epoch", RequestStage.finished_at - RequestStage.started_at)
        median = func.percentile_cont(0.5).within_group(took / recent.c.length)
        length = select(_length(this)).where(this.id == request_id).scalar_subquery()
        statement = (
            select(RequestStage.stage, cast(median * length, Float))
            .join(recent, recent.c.id == RequestStage.request_id)
            .where(RequestStage.finished_at.is_not(None))
            .group_by(RequestStage.stage)
        )
        async with self._transactions.begin() as session:
            rows = (await session.execute(statement)).all()
        return {row[0]: row[1] for row in rows}


def _length(request: type[ContentRequest]) -> ColumnElement[int]:
    return func.coalesce(request.requested_duration_seconds, DEFAULT_DURATION_SECONDS)
