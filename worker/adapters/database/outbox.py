"""The outbox rows: leased, published outside the transaction, marked after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.database import statements
from worker.adapters.database.models import OutboxMessage
from worker.adapters.database.transactions import Transactions
from worker.lessons.ending import OutgoingMessage
from worker.ports import OutboxBacklog, OutboxLease


class PostgresOutbox:
    """Implements `worker.ports.Outbox` on PostgreSQL.

    A lease is `available_at` moved into the future: a worker that dies gives it back by time.
    """

    def __init__(self, engine: AsyncEngine, *, worker_id: str) -> None:
        self._transaction = Transactions(engine).begin
        self._statements = statements.Statements(engine)
        self._worker_id = worker_id

    async def lease(self, limit: int, lease_seconds: float) -> Sequence[OutboxLease]:
        """Take the oldest unpublished rows that nobody else is taking."""
        rows = await self._statements.run(
            statements.LEASE_OUTBOX,
            limit=limit,
            lease_seconds=lease_seconds,
            worker_id=self._worker_id,
        )
        return [_read(row) for row in rows]

    async def mark_published(self, message_ids: Mapping[UUID, str]) -> None:
        """Write down which messages the broker took, in one statement.

        The first marking stays: a row that left twice keeps its first message id.
        """
        if not message_ids:
            return
        await self._statements.run(
            statements.MARK_PUBLISHED,
            ids=list(message_ids),
            message_ids=list(message_ids.values()),
        )

    async def postpone(self, event_id: UUID, seconds: float) -> None:
        """Give the row back for later, unless another worker has leased it meanwhile."""
        async with self._transaction() as session:
            await session.execute(
                update(OutboxMessage)
                .where(
                    OutboxMessage.id == event_id,
                    OutboxMessage.published_at.is_(None),
                    OutboxMessage.leased_by == self._worker_id,
                )
                .values(available_at=func.now() + timedelta(seconds=seconds), leased_by=None)
            )

    async def backlog(self) -> OutboxBacklog:
        """Count the rows that have not left, and the seconds since the oldest late one was due."""
        age = func.extract("epoch", func.now() - func.min(_DUE_SINCE).filter(_IS_LATE))
        async with self._transaction() as session:
            count, oldest = (
                await session.execute(
                    select(func.count(), age).where(OutboxMessage.published_at.is_(None))
                )
            ).one()
        return OutboxBacklog(count, max(0.0, float(oldest or 0.0)))


_WAS_TRIED = or_(
    OutboxMessage.attempts > 1,
    (OutboxMessage.attempts == 1) & OutboxMessage.leased_by.is_(None),
)
"""Sent once in vain at least: the first sending of a leased row is still under way."""

_IS_LATE = or_(_WAS_TRIED, OutboxMessage.available_at <= func.now())

_DUE_SINCE = case(
    (OutboxMessage.attempts == 0, OutboxMessage.available_at), else_=OutboxMessage.created_at
)
"""Leases and postponements move `available_at`: of a row that was tried only its making is known,
which is too early by the delay that it was made with, ten minutes at most."""


def _read(row: Row[Any]) -> OutboxLease:
    attributes = tuple((name, str(value)) for name, value in row.attributes.items())
    return OutboxLease(
        OutgoingMessage(row.id, row.topic, row.payload, attributes), attempts=row.attempts
    )
