"""The rows of requests as a sweep sees them: enqueued again where lost, removed when old."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from worker.adapters.database.models import (
    ContentRequest,
    DailyCost,
    DeadLetter,
    ErasedRequest,
    OutboxMessage,
    RequestEvent,
)
from worker.adapters.database.request_rows import add_event, post_messages, read_request
from worker.adapters.database.transactions import Transactions
from worker.lessons.backoff import MOST_DOUBLINGS
from worker.lessons.claim import Claim
from worker.lessons.ending import EventAddress
from worker.lessons.enqueue import request_message
from worker.lessons.stage import ENDED, Status
from worker.lessons.upkeep import KeptRows, LostMessageRule, Standing

_ENDED = sorted(status.value for status in ENDED)
_LIVE = sorted(status.value for status in Status if status not in ENDED)


class PostgresUpkeep:
    """Implements `worker.upkeep_ports.RequestUpkeep` on PostgreSQL.

    Rows are locked with SKIP LOCKED and judged again under the lock: two sweeps take different
    rows, and neither waits for a worker.
    """

    def __init__(
        self, engine: AsyncEngine, *, requests: EventAddress, new_id: Callable[[], UUID]
    ) -> None:
        """Prepare the upkeep.

        Args:
            engine: The database.
            requests: The topic that requests are published to, and the environment.
            new_id: Draws the id of each message that is enqueued.
        """
        self._transaction = Transactions(engine).begin
        self._requests = requests
        self._new_id = new_id

    async def republish(self, rule: LostMessageRule, limit: int) -> int:
        """Put the messages of the longest-waiting requests into the outbox, and say when."""
        async with self._transaction() as session:
            found = await session.scalars(
                select(ContentRequest)
                .where(*_lost(rule, self._requests.topic))
                .order_by(ContentRequest.created_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            rows = found.all()
            for row in rows:
                message = request_message(read_request(row), self._requests, self._new_id())
                row.last_published_at = func.now()
                row.republications += 1
                claim = Claim(row.id, row.claim_fence)
                add_event(session, claim, "republished", None, {"number": row.republications})
                await post_messages(session, [message], row.id)
            return len(rows)

    async def count_lost(self, rule: LostMessageRule) -> int:
        """Count the requests whose message is lost."""
        return await self._count(ContentRequest, *_lost(rule, self._requests.topic))

    async def standings(self, request_ids: Sequence[UUID]) -> Mapping[UUID, Standing]:
        """Look the requests up, and those that were removed on purpose."""
        row = ContentRequest
        async with self._transaction() as session:
            known = await session.execute(
                select(row.id, row.status, row.claim_fence, row.manifest_object).where(
                    row.id.in_(request_ids)
                )
            )
            standings = {
                request_id: Standing(Status(status).is_end, fence, manifest)
                for request_id, status, fence, manifest in known
            }
            erased = await session.scalars(
                select(ErasedRequest.request_id).where(ErasedRequest.request_id.in_(request_ids))
            )
            return {
                request_id: Standing(is_over=True, fence=0, manifest_object=None)
                for request_id in erased
            } | standings

    async def expire(self, kind: KeptRows, days: float, limit: int) -> int:
        """Remove rows that are old; of requests, their ids are remembered."""
        table, key, condition = _expired(kind, days)
        async with self._transaction() as session:
            found = await session.scalars(
                select(key).where(condition).limit(limit).with_for_update(skip_locked=True)
            )
            keys = found.all()
            if keys and kind is KeptRows.REQUESTS:
                await remember_erased(session, keys)
            if not keys:
                return 0
            # By its keys, and not by a subquery: that one would read the whole table.
            gone = await session.execute(delete(table).where(key.in_(keys)).returning(key))
            return len(gone.all())

    async def count_expired(self, kind: KeptRows, days: float) -> int:
        """Count rows that are old."""
        table, _, condition = _expired(kind, days)
        return await self._count(table, condition)

    async def _count(self, table: Any, *conditions: Any) -> int:
        async with self._transaction() as session:
            found = await session.scalar(select(func.count()).select_from(table).where(*conditions))
            return found or 0


def _lost(rule: LostMessageRule, topic: str) -> tuple[Any, ...]:
    """Return the conditions: not ended, not claimed for a while, not published for longer.

    A message that still waits in the outbox is late, and not lost.
    """
    row = ContentRequest
    doublings = func.least(row.republications, MOST_DOUBLINGS)
    wait = func.least(rule.after_seconds * func.power(2.0, doublings), rule.longest_seconds)
    long_ago = func.now() - timedelta(seconds=rule.after_seconds)
    published = func.coalesce(row.last_published_at, row.created_at)
    return (
        row.status.in_(_LIVE),
        # Implied by the last one; it lets the index on status and created_at answer.
        row.created_at < long_ago,
        or_(row.claim_expires_at.is_(None), row.claim_expires_at < long_ago),
        func.extract("epoch", func.now() - published) > wait,
        ~_is_in_outbox(OutboxMessage.topic == topic),
    )


def _is_in_outbox(*conditions: Any) -> Any:
    """Return the condition: a message about the request has not left yet."""
    return exists().where(
        OutboxMessage.request_id == ContentRequest.id,
        OutboxMessage.published_at.is_(None),
        *conditions,
    )


def _expired(kind: KeptRows, days: float) -> tuple[Any, Any, Any]:
    """Return the table, its key, and the condition of its rows that are old."""
    before = func.now() - timedelta(days=days)
    match kind:
        case KeptRows.REQUESTS:
            return ContentRequest, ContentRequest.id, _over_since(before)
        case KeptRows.EVENTS:
            return RequestEvent, RequestEvent.id, RequestEvent.occurred_at < before
        case KeptRows.DEAD_LETTERS:
            return DeadLetter, DeadLetter.id, DeadLetter.created_at < before
        case KeptRows.OUTBOX:
            return OutboxMessage, OutboxMessage.id, OutboxMessage.published_at < before
        case KeptRows.ERASED:
            return ErasedRequest, ErasedRequest.request_id, ErasedRequest.erased_at < before
        case KeptRows.DAILY_COSTS:
            # By the day's end in UTC; one day's totals go together.
            ended = func.timezone("UTC", DailyCost.day + timedelta(days=1))
            return DailyCost, DailyCost.day, ended < before


def _over_since(before: Any) -> Any:
    """Return the condition: ended before then, and everything about it has left the outbox."""
    row = ContentRequest
    return (
        row.status.in_(_ENDED)
        & (row.created_at < before)
        & (func.coalesce(row.completed_at, row.updated_at) < before)
        & ~_is_in_outbox()
    )


async def remember_erased(session: AsyncSession, request_ids: Sequence[UUID]) -> None:
    """Write down that requests are gone on purpose, so that nothing brings them back."""
    await session.execute(
        upsert(ErasedRequest)
        .values([{"request_id": request_id} for request_id in request_ids])
        .on_conflict_do_nothing()
    )
