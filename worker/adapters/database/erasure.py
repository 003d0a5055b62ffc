"""All rows of one student: cut off from workers, then removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from worker.adapters.database.models import (
    ContentRequest,
    DeadLetter,
    OutboxMessage,
    RequestCost,
    RequestEvent,
    RequestStage,
)
from worker.adapters.database.request_rows import end_without_answer
from worker.adapters.database.transactions import Transactions
from worker.adapters.database.upkeep import remember_erased
from worker.lessons.request import names_student
from worker.lessons.stage import Status

BATCH = 100
"""Messages that are read at once to see whom they name; each may have megabytes."""


class PostgresErasure:
    """Implements `worker.upkeep_ports.StudentRows` on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._transaction = Transactions(engine).begin

    async def count(self, student_id: str) -> Mapping[str, int]:
        """Count the student's requests and dead letters."""
        counts = {}
        async with self._transaction() as session:
            for name, table in (("requests", ContentRequest), ("dead letters", DeadLetter)):
                found = await session.scalar(
                    select(func.count()).select_from(table).where(table.student_id == student_id)
                )
                counts[name] = found or 0
        return counts

    async def cut_off(self, student_id: str, limit: int) -> Sequence[UUID]:
        """End requests that are live under a new fence, by their locks; none is told of it."""
        async with self._transaction() as session:
            found = await session.scalars(
                select(ContentRequest)
                .where(ContentRequest.student_id == student_id)
                .order_by(ContentRequest.id)
                .limit(limit)
                .with_for_update()
            )
            rows = found.all()
            for row in rows:
                if not Status(row.status).is_end:
                    row.claim_fence += 1
                    await end_without_answer(session, row)
            return [row.id for row in rows]

    async def remove(self, request_ids: Sequence[UUID]) -> Mapping[str, int]:
        """Remove requests and all that names them, and remember that they are gone.

        The requests are locked first: a dead letter that is being kept at the same time is
        removed after it is kept, or not kept at all.
        """
        removed: Counter[str] = Counter()
        own = ContentRequest.id.in_(request_ids)
        async with self._transaction() as session:
            await session.execute(
                select(ContentRequest.id).where(own).order_by(ContentRequest.id).with_for_update()
            )
            await remember_erased(session, request_ids)
            for name, table in _HANGING:
                condition = table.request_id.in_(request_ids)
                removed[name] += await _delete(session, table, condition)
            removed["requests"] += await _delete(session, ContentRequest, own)
        return removed

    async def remove_messages(self, student_id: str) -> Mapping[str, int]:
        """Remove dead letters and outbox rows that are the student's without a request."""
        removed: Counter[str] = Counter()
        async with self._transaction() as session:
            condition = DeadLetter.student_id == student_id
            removed["dead letters"] += await _delete(session, DeadLetter, condition)
        unclaimed = DeadLetter.student_id.is_(None)
        removed["dead letters"] += await self._search(DeadLetter, unclaimed, student_id)
        unclaimed = OutboxMessage.request_id.is_(None)
        removed["outbox messages"] += await self._search(OutboxMessage, unclaimed, student_id)
        return removed

    async def _search(self, table: Any, unclaimed: Any, student_id: str) -> int:
        """Remove the messages that nothing ties to a student, and that name this one."""
        removed, last = 0, UUID(int=0)
        while True:
            async with self._transaction() as session:
                found = await session.execute(
                    select(table.id, table.payload)
                    .where(unclaimed, table.id > last)
                    .order_by(table.id)
                    .limit(BATCH)
                )
                page = found.all()
                if not page:
                    return removed
                last = page[-1].id
                named = [row.id for row in page if names_student(row.payload, student_id)]
                removed += await _delete(session, table, table.id.in_(named))


_HANGING: tuple[tuple[str, Any], ...] = (
    ("stages", RequestStage),
    ("events", RequestEvent),
    ("costs", RequestCost),
    ("outbox messages", OutboxMessage),
    ("dead letters", DeadLetter),
)


async def _delete(session: AsyncSession, table: Any, condition: Any) -> int:
    result: Any = await session.execute(delete(table).where(condition))
    return int(result.rowcount)
