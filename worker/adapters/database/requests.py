"""The rows of requests: claimed, fenced, and ended in one transaction."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from worker.adapters.database.models import (
    ContentRequest,
    RequestStage,
)
from worker.adapters.database.request_rows import (
    add_event,
    claim_is_free,
    describe_failure,
    explain_refusal,
    fail_stage,
    failure_details,
    finish_stage,
    from_now,
    is_erased,
    is_ours,
    keep_dead_letter,
    lock_request,
    pending_row,
    post_messages,
    read_request,
    stage_entry,
    write_ending,
)
from worker.adapters.database.transactions import Transactions
from worker.lessons.claim import (
    Claim,
    ClaimAnswer,
    Claimed,
)
from worker.lessons.ending import Ending, Failure, OutgoingMessage
from worker.lessons.errors import ClaimLostError
from worker.lessons.stage import ENDED, PROGRESS_AT_START, STATUS_OF_STAGE, Stage, Status
from worker.ports import RejectedDelivery

_ENDED = [status.value for status in ENDED]


class PostgresRequestStore:
    """Implements `worker.ports.RequestStore` on PostgreSQL."""

    def __init__(self, engine: AsyncEngine, *, worker_id: str) -> None:
        self._transaction = Transactions(engine).begin
        self._worker_id = worker_id

    async def claim(
        self, request_id: UUID, correlation_id: str, lease_seconds: float
    ) -> ClaimAnswer:
        """Own the request if it is neither ended nor somebody else's, by PostgreSQL's clock."""
        statement = (
            update(ContentRequest)
            .where(
                ContentRequest.id == request_id,
                ContentRequest.correlation_id == correlation_id,
                ContentRequest.status.not_in(_ENDED),
                claim_is_free(),
            )
            .values(
                claimed_by=self._worker_id,
                claim_fence=ContentRequest.claim_fence + 1,
                claim_expires_at=from_now(lease_seconds),
                claims_without_progress=ContentRequest.claims_without_progress + 1,
                started_at=func.coalesce(ContentRequest.started_at, func.now()),
            )
            .returning(ContentRequest)
        )
        async with self._transaction() as session:
            row = (await session.scalars(statement)).one_or_none()
            if row is None:
                return await explain_refusal(session, request_id, correlation_id)
            add_event(session, Claim(row.id, row.claim_fence), "claimed")
            return Claimed(
                claim=Claim(row.id, row.claim_fence),
                request=read_request(row),
                claims_without_progress=row.claims_without_progress,
                failed_attempts=row.failed_attempts,
            )

    async def renew(self, claims: Sequence[Claim], lease_seconds: float) -> frozenset[Claim]:
        """Extend the claims that still are ours, in one statement."""
        kept = set()
        async with self._transaction() as session:
            for claim in sorted(claims, key=lambda one: one.request_id):
                renewed = await session.execute(
                    update(ContentRequest)
                    .where(
                        is_ours(claim),
                        ContentRequest.claimed_by == self._worker_id,
                        ContentRequest.status.not_in(_ENDED),
                    )
                    .values(claim_expires_at=from_now(lease_seconds))
                    .returning(ContentRequest.id)
                )
                if renewed.one_or_none() is not None:
                    kept.add(claim)
        return frozenset(kept)

    async def release(
        self, claim: Claim, failure: Failure | None, again: OutgoingMessage | None = None
    ) -> None:
        """Give the request back: pending, unclaimed, and free at once; a second time, nothing."""
        async with self._fenced(claim) as (session, row):
            if row.claimed_by is None:
                return
            if again is not None:
                await post_messages(session, [again], claim.request_id)
                row.last_published_at = func.now()
            row.status = Status.PENDING
            row.claimed_by = None
            row.claim_expires_at = None
            if failure is None:
                # A drain is nobody's fault: it counts neither as a failure nor as a lost claim.
                row.claims_without_progress = max(0, row.claims_without_progress - 1)
                add_event(session, claim, "released")
                return
            row.failed_attempts += 1
            row.claims_without_progress = 0
            describe_failure(row, failure)
            await fail_stage(session, claim, failure)
            add_event(session, claim, "attempt_failed", failure.stage, failure_details(failure))

    async def begin_stage(self, claim: Claim, stage: Stage, input_digest: str) -> bytes | None:
        """Enter the stage; hand back a checkpoint of the same input."""
        async with self._fenced(claim) as (session, row):
            row.status = STATUS_OF_STAGE[stage]
            row.current_stage = stage
            row.progress_percentage = max(row.progress_percentage, PROGRESS_AT_START[stage])
            known = await session.get(RequestStage, (claim.request_id, stage.value))
            checkpoint = known.checkpoint if known and known.input_digest == input_digest else None
            reusable = known is not None and known.status in {"done", "reused"}
            reused = reusable and checkpoint is not None
            await session.execute(stage_entry(claim, stage, input_digest, reused=reused))
            add_event(session, claim, "stage_reused" if reused else "stage_began", stage)
            return json.dumps(checkpoint).encode() if reused else None

    async def report_progress(self, claim: Claim, percentage: int) -> None:
        """Raise the row's percentage; it never goes back."""
        async with self._fenced(claim) as (_, row):
            row.progress_percentage = max(row.progress_percentage, min(percentage, 100))

    async def finish_stage(self, claim: Claim, stage: Stage, checkpoint: bytes | None) -> None:
        """Leave the stage; a stage done is progress, so the claims start counting anew."""
        async with self._fenced(claim) as (session, row):
            if checkpoint is not None:
                # Only what a redelivery can take up is progress: a stage whose result is gone
                # with the worker may be the very one that kills it.
                row.claims_without_progress = 0
            kept = {} if checkpoint is None else {"checkpoint": json.loads(checkpoint)}
            await finish_stage(session, claim, stage, kept)
            add_event(session, claim, "stage_done", stage)

    async def count_claims_anew(self, claim: Claim) -> None:
        """Set the count of fruitless claims back."""
        async with self._fenced(claim) as (_, row):
            row.claims_without_progress = 0

    async def name_topic(self, claim: Claim, topic: str, objective: str) -> None:
        """Write down what the request is about."""
        async with self._fenced(claim) as (_, row):
            row.topic = topic
            row.learning_objective = objective

    async def end(
        self,
        claim: Claim,
        ending: Ending,
        messages: Sequence[OutgoingMessage],
        dead_letter: RejectedDelivery | None = None,
    ) -> None:
        """End the request: row, event, outbox and dead letter in one transaction."""
        async with self._fenced(claim) as (session, row):
            write_ending(row, ending)
            if ending.failure is not None:
                await fail_stage(session, claim, ending.failure)
            else:
                await finish_stage(session, claim, Stage.ANNOUNCE, {})
            details = failure_details(ending.failure) if ending.failure else {}
            add_event(session, claim, ending.status.value, None, details)
            await post_messages(session, messages, claim.request_id)
            if dead_letter is not None:
                await session.execute(keep_dead_letter(dead_letter, row.student_id))

    async def reject(
        self,
        rejected: RejectedDelivery,
        letter: OutgoingMessage | None,
        event_of: Callable[[Claim], OutgoingMessage],
    ) -> bool:
        """Keep the delivery once, and fail the row that it truly names."""
        async with self._transaction() as session:
            await lock_request(session, rejected.request_id)
            if await is_erased(session, rejected.request_id):
                return False
            row = await pending_row(session, rejected)
            student_id = row.student_id if row else None
            kept = await session.execute(keep_dead_letter(rejected, student_id))
            if kept.one_or_none() is None:
                return False
            if letter is not None:
                await post_messages(session, [letter], row.id if row else None)
            if row is not None:
                row.claim_fence += 1
                write_ending(row, Ending(Status.FAILED, failure=rejected.failure))
                claim = Claim(row.id, row.claim_fence)
                await post_messages(session, [event_of(claim)], row.id)
                details = failure_details(rejected.failure)
                add_event(session, claim, Status.FAILED.value, None, details)
            return True

    @asynccontextmanager
    async def _fenced(self, claim: Claim) -> AsyncIterator[tuple[AsyncSession, ContentRequest]]:
        """Lock the row and check the fence before anything is written."""
        async with self._transaction() as session:
            row = (
                await session.scalars(
                    select(ContentRequest)
                    .where(is_ours(claim), ContentRequest.status.not_in(_ENDED))
                    .with_for_update()
                )
            ).one_or_none()
            if row is None:
                raise ClaimLostError(
                    f"request {claim.request_id} is no longer held under fence {claim.fence}"
                )
            yield session, row
