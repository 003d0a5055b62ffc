"""Writing a new request as the platform does, and following it: for the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.database.engine import translated_errors
from worker.adapters.database.models import ContentRequest, Organization, RequestStage, User
from worker.adapters.database.request_rows import add_event, end_without_answer, post_messages
from worker.adapters.database.transactions import Transactions
from worker.lessons.claim import AlreadyEnded, Claim, NoSuchRequest
from worker.lessons.ending import OutgoingMessage
from worker.lessons.request import LessonRequest
from worker.lessons.stage import Status


@dataclass(frozen=True, slots=True)
class RequestState:
    """How a request stands.

    Attributes:
        objects: Role to object name, once completed.
        questions: What the student may tap, where the request ended with questions.
        help_text: What the student reads, where the request ended as unsafe.
        stage_seconds: Time that each finished stage took.
    """

    status: Status
    stage: str | None
    percentage: int
    topic: str | None
    objects: tuple[tuple[str, str], ...]
    duration_seconds: float | None
    questions: tuple[str, ...]
    help_text: str | None
    error: str | None
    error_hint: str | None
    stage_seconds: tuple[tuple[str, float], ...]


class PostgresRequestBook:
    """New requests in, their state out."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, request: LessonRequest, organization_name: str) -> None:
        """Insert the row of a request, with its student and organisation where they are new."""
        organization_id = request.organization_id
        with translated_errors():
            async with self._engine.begin() as connection:
                if organization_id is not None:
                    await connection.execute(
                        upsert(Organization)
                        .values(organization_id=organization_id, name=organization_name)
                        .on_conflict_do_nothing()
                    )
                await connection.execute(
                    upsert(User)
                    .values(user_id=request.student_id, organization_id=organization_id)
                    .on_conflict_do_nothing()
                )
                await connection.execute(
                    insert(ContentRequest).values(
                        id=request.request_id,
                        correlation_id=request.correlation_id,
                        student_id=request.student_id,
                        organization_id=organization_id,
                        query=request.query,
                        grade_level=request.grade_level,
                        interest=request.interest,
                        language=request.language,
                        requested_duration_seconds=request.duration_seconds,
                        requested_modalities=[one.value for one in request.modalities],
                        request_metadata=request.pictures.as_metadata(),
                    )
                )

    async def mark_sent(self, request_id: UUID) -> None:
        """Write down that the request's message was published."""
        with translated_errors():
            async with self._engine.begin() as connection:
                await connection.execute(
                    update(ContentRequest)
                    .where(ContentRequest.id == request_id)
                    .values(last_published_at=func.now())
                )

    async def cancel(
        self, request_id: UUID, event_of: Callable[[Claim, str], OutgoingMessage]
    ) -> Claim | AlreadyEnded | NoSuchRequest:
        """End a request as cancelled, with its event, in one transaction.

        The fence goes up under the row's lock: a worker that holds the request changes nothing
        any more, and stops at its next write or beat.

        Args:
            request_id: The request.
            event_of: Builds the event from the new claim and the correlation id.
        """
        async with Transactions(self._engine).begin() as session:
            row = await session.get(ContentRequest, request_id, with_for_update=True)
            if row is None:
                return NoSuchRequest()
            if Status(row.status).is_end:
                return AlreadyEnded(Status(row.status))
            row.claim_fence += 1
            claim, correlation_id = Claim(row.id, row.claim_fence), row.correlation_id
            await end_without_answer(session, row)
            add_event(session, claim, Status.CANCELLED.value)
            await post_messages(session, [event_of(claim, correlation_id)], request_id)
            return claim

    async def read(self, request_id: UUID) -> RequestState:
        """Return how a request stands.

        Raises:
            LookupError: There is no such request.
        """
        columns = ContentRequest.__table__.c
        with translated_errors():
            async with self._engine.connect() as connection:
                row = (
                    await connection.execute(
                        select(ContentRequest.__table__).where(columns.id == request_id)
                    )
                ).one_or_none()
                if row is None:
                    raise LookupError(f"no request {request_id}")
                stages = await connection.execute(
                    select(RequestStage.stage, RequestStage.started_at, RequestStage.finished_at)
                    .where(RequestStage.request_id == request_id)
                    .order_by(RequestStage.started_at)
                )
                seconds = tuple(
                    (stage, round((ended - began).total_seconds(), 3))
                    for stage, began, ended in stages
                    if ended is not None
                )
        return RequestState(
            status=Status(row.status),
            stage=row.current_stage,
            percentage=row.progress_percentage,
            topic=row.topic,
            objects=tuple(sorted((row.objects or {}).items())),
            duration_seconds=row.lesson_duration_seconds,
            questions=tuple(row.clarifying_questions or ()),
            help_text=row.help_text,
            error=row.error_message,
            error_hint=row.error_hint,
            stage_seconds=seconds,
        )
