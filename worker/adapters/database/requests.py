"""The rows of requests: claimed, fenced, and ended in one transaction."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from worker.adapters.database import statements
from worker.adapters.database.models import ContentRequest
from worker.adapters.database.request_rows import (
    add_event,
    describe_failure,
    end_without_answer,
    explain_refusal,
    fail_stage,
    failure_details,
    is_erased,
    is_ours,
    keep_dead_letter,
    keep_dead_letter_anew,
    lock_request,
    pending_row,
    post_messages,
    read_request,
)
from worker.adapters.database.transactions import Transactions
from worker.lessons.claim import (
    Claim,
    ClaimAnswer,
    Claimed,
)
from worker.lessons.ending import Ending, Failure, OutgoingMessage
from worker.lessons.errors import ClaimLostError
from worker.lessons.stage import (
    ENDED,
    PROGRESS_AT_START,
    STATUS_OF_STAGE,
    Stage,
    Status,
)
from worker.ports import RejectedDelivery

_ENDED = [status.value for status in ENDED]


class PostgresRequestStore:
    """Implements `worker.ports.RequestStore` on PostgreSQL."""

    def __init__(self, engine: AsyncEngine, *, worker_id: str) -> None:
        self._transaction = Transactions(engine).begin
        self._statements = statements.Statements(engine)
        self._worker_id = worker_id

    async def claim(
        self, request_id: UUID, correlation_id: str, lease_seconds: float
    ) -> ClaimAnswer:
        """Own the request if it is neither ended nor somebody else's, by PostgreSQL's clock."""
        rows = await self._statements.run(
            statements.CLAIM,
            id=request_id,
            correlation_id=correlation_id,
            worker_id=self._worker_id,
            lease_seconds=lease_seconds,
        )
        if not rows:
            async with self._transaction() as session:
                return await explain_refusal(session, request_id, correlation_id)
        (row,) = rows
        return Claimed(
            claim=Claim(row.id, row.claim_fence),
            request=read_request(row),
            claims_without_progress=row.claims_without_progress,
            failed_attempts=row.failed_attempts,
            age_seconds=row.age_seconds,
        )

    async def renew(self, claims: Sequence[Claim], lease_seconds: float) -> frozenset[Claim]:
        """Extend the claims that still are ours, in one statement; ended ones are not lost."""
        rows = await self._statements.run(
            statements.RENEW,
            ids=[claim.request_id for claim in claims],
            fences=[claim.fence for claim in claims],
            worker_id=self._worker_id,
            lease_seconds=lease_seconds,
        )
        return frozenset(Claim(row.id, row.claim_fence) for row in rows)

    async def release(
        self, claim: Claim, failure: Failure | None, again: OutgoingMessage | None = None
    ) -> None:
        """Give the request back: pending, unclaimed, and free at once; a second time, nothing."""
        async with self._fenced(claim) as (session, row):
            if row.claimed_by is None:
                return
            if again is not None:
                await post_messages(session, [again], claim.request_id)
            # A message is on its way, by the outbox or by the broker: the request is not lost.
            row.last_published_at = func.now()
            row.status = Status.PENDING
            row.claimed_by = None
            row.claim_expires_at = None
            if failure is not None:
                describe_failure(row, failure)
                await fail_stage(session, claim, failure)
            if failure is not None and again is None:
                row.failed_attempts += 1
                row.claims_without_progress = 0
                add_event(session, claim, "attempt_failed", failure.stage, failure_details(failure))
                return
            # A drain or an outage is nobody's fault: neither a failure nor a lost claim.
            row.claims_without_progress = max(0, row.claims_without_progress - 1)
            if failure is None:
                add_event(session, claim, "released")
            else:
                add_event(session, claim, "waits", failure.stage, failure_details(failure))

    async def begin_stage(self, claim: Claim, stage: Stage, input_digest: str) -> bytes | None:
        """Enter the stage; hand back a checkpoint of the same input."""
        row = await self._write(
            statements.BEGIN_STAGE,
            claim,
            stage=stage.value,
            status=STATUS_OF_STAGE[stage].value,
            progress=PROGRESS_AT_START[stage],
            input_digest=input_digest,
        )
        return None if row.checkpoint is None else str(row.checkpoint).encode()

    async def report_progress(self, claim: Claim, percentage: int) -> None:
        """Raise the row's percentage; it never goes back."""
        await self._write(statements.REPORT_PROGRESS, claim, percentage=min(percentage, 100))

    async def finish_stage(self, claim: Claim, stage: Stage, checkpoint: bytes | None) -> None:
        """Leave the stage; with a checkpoint, the fruitless claims are counted anew.

        Only what a redelivery can take up is progress: a stage whose result is gone with the
        worker may be the very one that kills it.
        """
        kept = None if checkpoint is None else checkpoint.decode()
        await self._write(statements.FINISH_STAGE, claim, stage=stage.value, checkpoint=kept)

    async def count_claims_anew(self, claim: Claim) -> None:
        """Set the count of fruitless claims back."""
        await self._write(statements.COUNT_CLAIMS_ANEW, claim)

    async def name_topic(self, claim: Claim, topic: str, objective: str) -> None:
        """Write down what the request is about."""
        await self._write(statements.NAME_TOPIC, claim, topic=topic, objective=objective)

    async def end(
        self,
        claim: Claim,
        ending: Ending,
        messages: Sequence[OutgoingMessage],
        dead_letter: RejectedDelivery | None = None,
    ) -> None:
        """End the request: row, event, outbox and dead letter in one transaction."""
        failure = ending.failure
        if failure is None:
            await self._write(statements.END, claim, **_described(ending, messages))
            return
        async with self._fenced(claim) as (session, row):
            await end_without_answer(session, row, failure)
            await fail_stage(session, claim, failure)
            add_event(session, claim, ending.status.value, None, failure_details(failure))
            await post_messages(session, messages, claim.request_id)
            if dead_letter is not None:
                await session.execute(keep_dead_letter_anew(dead_letter, row.student_id))

    async def reject(
        self,
        rejected: RejectedDelivery,
        letter: OutgoingMessage,
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
            await post_messages(session, [letter], row.id if row else None)
            if row is not None:
                row.claim_fence += 1
                await end_without_answer(session, row, rejected.failure)
                claim = Claim(row.id, row.claim_fence)
                await post_messages(session, [event_of(claim)], row.id)
                details = failure_details(rejected.failure)
                add_event(session, claim, Status.FAILED.value, None, details)
            return True

    async def _write(self, statement: TextClause, claim: Claim, **values: object) -> Row[Any]:
        """Write under the claim's fence, in one statement."""
        own = {"id": claim.request_id, "fence": claim.fence}
        rows = await self._statements.run(statement, **own, **values)
        if not rows:
            raise _lost(claim)
        return rows[0]

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
                raise _lost(claim)
            yield session, row


def _lost(claim: Claim) -> ClaimLostError:
    return ClaimLostError(f"request {claim.request_id} is no longer held under fence {claim.fence}")


def _described(ending: Ending, messages: Sequence[OutgoingMessage]) -> dict[str, object]:
    """Return the values that end a request with an answer."""
    lesson = ending.lesson
    return {
        "status": ending.status.value,
        "questions": json.dumps(ending.questions) if ending.questions else None,
        "help_text": ending.help_text,
        "manifest_object": lesson.manifest_object if lesson else None,
        "objects": json.dumps(dict(lesson.objects)) if lesson else None,
        "duration_seconds": lesson.duration_seconds if lesson else None,
        "event_ids": [message.event_id for message in messages],
        "topics": [message.topic for message in messages],
        "payloads": [message.payload for message in messages],
        "attributes": [json.dumps(dict(message.attributes)) for message in messages],
        "after_seconds": [float(message.after_seconds) for message in messages],
    }
