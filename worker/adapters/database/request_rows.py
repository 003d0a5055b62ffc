"""How rows of requests are read and written, inside a transaction that the store holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from worker.adapters.database.models import (
    ContentRequest,
    DeadLetter,
    ErasedRequest,
    OutboxMessage,
    RequestCost,
    RequestEvent,
    RequestStage,
)
from worker.lessons.claim import (
    AlreadyEnded,
    Claim,
    ClaimAnswer,
    ClaimHeld,
    Conflict,
    NoSuchRequest,
)
from worker.lessons.ending import Failure, OutgoingMessage
from worker.lessons.picture_options import read_options
from worker.lessons.request import (
    DEFAULT_DURATION_SECONDS,
    LessonRequest,
    Modality,
    student_named_in,
)
from worker.lessons.stage import Stage, Status
from worker.ports import RejectedDelivery


def claim_is_free() -> Any:
    """No claim, or one whose time is over by PostgreSQL's clock."""
    expires = ContentRequest.claim_expires_at
    return or_(expires.is_(None), expires < func.now())


def is_ours(claim: Claim) -> Any:
    """Return the condition: the claim's request, under the claim's fence."""
    return (ContentRequest.id == claim.request_id) & (ContentRequest.claim_fence == claim.fence)


def from_now(seconds: float) -> Any:
    """Return a moment by PostgreSQL's clock."""
    return func.now() + timedelta(seconds=seconds)


async def explain_refusal(
    session: AsyncSession, request_id: UUID, correlation_id: str
) -> ClaimAnswer:
    """Say why a request could not be claimed."""
    expires = ContentRequest.claim_expires_at
    left = func.extract("epoch", expires - func.now())
    found = (
        await session.execute(
            select(ContentRequest.correlation_id, ContentRequest.status, left).where(
                ContentRequest.id == request_id
            )
        )
    ).one_or_none()
    if found is None:
        return await explain_absence(session, request_id, correlation_id)
    known_correlation_id, status, seconds_left = found
    if known_correlation_id != correlation_id:
        return Conflict("the message's correlation_id is not the row's")
    if Status(status).is_end:
        return AlreadyEnded(Status(status))
    # A claim that was freed between the two statements has no time left: parked for the least.
    return ClaimHeld(max(0.0, float(seconds_left or 0.0)))


async def explain_absence(
    session: AsyncSession, request_id: UUID, correlation_id: str
) -> ClaimAnswer:
    """Say whether the request was erased, or its correlation id belongs to another, or to none."""
    if await is_erased(session, request_id):
        return AlreadyEnded(Status.CANCELLED)
    twin = await session.scalar(
        select(ContentRequest.id).where(ContentRequest.correlation_id == correlation_id)
    )
    if twin is None:
        return NoSuchRequest()
    return Conflict("the message's correlation_id belongs to another request_id")


async def lock_request(session: AsyncSession, request_id: UUID | None) -> None:
    """Lock a request, if there is one, until the transaction ends.

    An erasure under way is waited for: what follows sees the request as it is, or as gone.
    """
    await session.execute(
        select(ContentRequest.id).where(ContentRequest.id == request_id).with_for_update()
    )


async def is_erased(session: AsyncSession, request_id: UUID | None) -> bool:
    """Tell whether a request was erased with its student."""
    return request_id is not None and await session.get(ErasedRequest, request_id) is not None


def read_request(row: ContentRequest | Row[Any]) -> LessonRequest:
    """Parse the row into what it asks for."""
    return LessonRequest(
        request_id=row.id,
        correlation_id=row.correlation_id,
        student_id=row.student_id,
        organization_id=row.organization_id,
        query=row.query,
        grade_level=row.grade_level,
        interest=row.interest,
        language=row.language,
        duration_seconds=row.requested_duration_seconds or DEFAULT_DURATION_SECONDS,
        modalities=tuple(Modality(name) for name in row.requested_modalities),
        pictures=read_options(row.request_metadata),
    )


async def fail_stage(session: AsyncSession, claim: Claim, failure: Failure) -> None:
    """Mark the stage that failed, if a stage did."""
    if failure.stage is None:
        return
    await session.execute(
        update(RequestStage)
        .where(
            RequestStage.request_id == claim.request_id,
            RequestStage.stage == failure.stage.value,
        )
        .values(
            status="failed",
            finished_at=func.now(),
            error_class=failure.error_class,
            error_message=failure.message,
        )
    )


def describe_failure(row: ContentRequest, failure: Failure | None) -> None:
    """Write a failure into the row's error fields, or clear them."""
    row.error_stage = failure.stage if failure else None
    row.error_class = failure.error_class if failure else None
    row.error_message = failure.message if failure else None
    row.error_hint = failure.hint if failure else None


async def end_without_answer(
    session: AsyncSession, row: ContentRequest, failure: Failure | None = None
) -> None:
    """Make the row a failed one, or one that was cancelled; `statements.END` ends with an answer.

    Charges that nobody settled are settled by their estimate.
    """
    await session.execute(
        update(RequestCost)
        .where(RequestCost.request_id == row.id, RequestCost.status == "intended")
        .values(status="settled", is_assumed=True, settled_at=func.clock_timestamp())
    )
    row.status = Status.FAILED if failure else Status.CANCELLED
    row.completed_at = func.now()
    row.claimed_by = None
    row.claim_expires_at = None
    row.clarifying_questions = None
    describe_failure(row, failure)


def reopen(row: ContentRequest) -> Claim:
    """Make a failed row pending again, under a new fence, as if nothing had been tried.

    Its checkpoints stay: what was done need not be done again.
    """
    row.claim_fence += 1
    row.status = Status.PENDING
    row.current_stage = None
    row.progress_percentage = 0
    row.started_at = None
    row.completed_at = None
    row.failed_attempts = 0
    row.claims_without_progress = 0
    row.republications = 0
    row.last_published_at = func.now()
    describe_failure(row, None)
    return Claim(row.id, row.claim_fence)


def failure_details(failure: Failure) -> dict[str, Any]:
    """Return a failure as an event holds it."""
    return {
        "error_class": failure.error_class,
        "message": failure.message,
        "hint": failure.hint,
    }


def add_event(
    session: AsyncSession,
    claim: Claim,
    kind: str,
    stage: Stage | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add one row to the history of the request."""
    session.add(
        RequestEvent(
            request_id=claim.request_id,
            kind=kind,
            stage=stage,
            fence=claim.fence,
            details=details or {},
        )
    )


async def post_messages(
    session: AsyncSession, messages: Sequence[OutgoingMessage], request_id: UUID | None
) -> None:
    """Add outbox rows to the transaction."""
    for message in messages:
        await session.execute(
            insert(OutboxMessage).values(
                id=message.event_id,
                request_id=request_id,
                topic=message.topic,
                payload=message.payload,
                attributes=dict(message.attributes),
                available_at=from_now(message.after_seconds),
            )
        )


def keep_dead_letter(rejected: RejectedDelivery, student_id: str | None) -> Any:
    """Return the statement that keeps a rejected delivery; for one kept before, no row."""
    return (
        _dead_letter(rejected, student_id)
        .on_conflict_do_nothing(index_elements=["message_id"])
        .returning(DeadLetter.id)
    )


def keep_dead_letter_anew(rejected: RejectedDelivery, student_id: str | None) -> Any:
    """Return the statement that keeps a delivery whose request failed, also once more.

    A message that failed its request before and was replayed waits again, for the new reason.
    """
    statement = _dead_letter(rejected, student_id)
    given = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["message_id"],
        set_={
            "stage": given.stage,
            "error_class": given.error_class,
            "reason": given.reason,
            "delivery_attempt": given.delivery_attempt,
            "created_at": func.now(),
            "replayed_at": None,
            "discarded_at": None,
        },
    )


def _dead_letter(rejected: RejectedDelivery, student_id: str | None) -> Insert:
    """Return a letter to insert.

    It belongs to the student whom the message itself names: what is in it is theirs.
    """
    delivery, failure = rejected.delivery, rejected.failure
    return upsert(DeadLetter).values(
        message_id=delivery.message_id,
        request_id=rejected.request_id,
        correlation_id=rejected.correlation_id,
        student_id=student_named_in(delivery.data) or student_id,
        stage=failure.stage,
        error_class=failure.error_class,
        reason=failure.message,
        delivery_attempt=delivery.delivery_attempt,
        payload=delivery.data,
        attributes=dict(delivery.attributes),
    )


async def pending_row(session: AsyncSession, rejected: RejectedDelivery) -> ContentRequest | None:
    """Find the row that a malformed message truly names, if it still waits."""
    if rejected.request_id is None or rejected.correlation_id is None:
        return None
    return (
        await session.scalars(
            select(ContentRequest)
            .where(
                ContentRequest.id == rejected.request_id,
                ContentRequest.correlation_id == rejected.correlation_id,
                ContentRequest.status == Status.PENDING.value,
                claim_is_free(),
            )
            .with_for_update()
        )
    ).one_or_none()
