"""The outbox rows: leased, published outside the transaction, marked after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

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
        self._worker_id = worker_id

    async def lease(self, limit: int, lease_seconds: float) -> Sequence[OutboxLease]:
        """Take the oldest unpublished rows that nobody else is taking."""
        waiting = (
            select(OutboxMessage.id)
            .where(OutboxMessage.published_at.is_(None), OutboxMessage.available_at <= func.now())
            .order_by(OutboxMessage.available_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        async with self._transaction() as session:
            rows = await session.scalars(
                update(OutboxMessage)
                .where(OutboxMessage.id.in_(waiting.scalar_subquery()))
                .values(
                    leased_by=self._worker_id,
                    available_at=func.now() + timedelta(seconds=lease_seconds),
                    attempts=OutboxMessage.attempts + 1,
                )
                .returning(OutboxMessage)
            )
            return [_read(row) for row in rows]

    async def mark_published(self, message_ids: Mapping[UUID, str]) -> None:
        """Write down which messages the broker took, in one statement.

        The first marking stays: a row that left twice keeps its first message id.
        """
        if not message_ids:
            return
        async with self._transaction() as session:
            await session.execute(
                update(OutboxMessage)
                .where(OutboxMessage.id.in_(message_ids), OutboxMessage.published_at.is_(None))
                .values(
                    published_at=func.now(),
                    message_id=case(dict(message_ids), value=OutboxMessage.id),
                    leased_by=None,
                )
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
        """Count the rows that have not left, leased and postponed ones too."""
        age = func.extract("epoch", func.now() - func.min(OutboxMessage.created_at))
        async with self._transaction() as session:
            count, oldest = (
                await session.execute(
                    select(func.count(), age).where(OutboxMessage.published_at.is_(None))
                )
            ).one()
        return OutboxBacklog(count, max(0.0, float(oldest or 0.0)))


def _read(row: OutboxMessage) -> OutboxLease:
    attributes = tuple((name, str(value)) for name, value in row.attributes.items())
    return OutboxLease(
        OutgoingMessage(row.id, row.topic, row.payload, attributes), attempts=row.attempts
    )
