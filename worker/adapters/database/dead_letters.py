"""The dead letters: listed, counted, replayed and discarded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from worker.adapters.database import models
from worker.adapters.database.models import ContentRequest
from worker.adapters.database.request_rows import (
    add_event,
    is_erased,
    keep_dead_letter,
    lock_request,
    post_messages,
    read_request,
    reopen,
)
from worker.adapters.database.transactions import Transactions
from worker.lessons.dead_letter import (
    DeadLetter,
    LetterAnswer,
    LetterContent,
    LetterCount,
    LetterFilter,
    LetterState,
    Outcome,
)
from worker.lessons.ending import EventAddress
from worker.lessons.enqueue import repeated_message, request_message
from worker.lessons.stage import Status
from worker.ports import RejectedDelivery

_LETTER = models.DeadLetter

_STATE = case(
    (_LETTER.replayed_at.is_not(None), LetterState.REPLAYED.value),
    (_LETTER.discarded_at.is_not(None), LetterState.DISCARDED.value),
    else_=LetterState.WAITING.value,
)

_SHOWN = (
    _LETTER.id.label("letter_id"),
    _LETTER.message_id,
    _LETTER.request_id,
    _LETTER.correlation_id,
    _LETTER.stage,
    _LETTER.error_class,
    _LETTER.reason,
    _LETTER.delivery_attempt,
    _LETTER.created_at,
    _STATE.label("state"),
    func.coalesce(_LETTER.replayed_at, _LETTER.discarded_at).label("settled_at"),
)


class PostgresDeadLetters:
    """Implements `worker.ports.LetterShelf`, and more for an operator's orders.

    Every method is one short transaction.
    """

    def __init__(
        self, engine: AsyncEngine, *, requests: EventAddress, new_id: Callable[[], UUID]
    ) -> None:
        """Prepare the desk.

        Args:
            engine: The database.
            requests: The topic that requests are published to, and the environment.
            new_id: Draws the id of each message that a replay enqueues.
        """
        self._transaction = Transactions(engine).begin
        self._requests = requests
        self._new_id = new_id

    async def find(self, wanted: LetterFilter, limit: int) -> Sequence[DeadLetter]:
        """Return the newest letters that are wanted, at most `limit`."""
        statement = select(*_SHOWN).where(*_conditions(wanted))
        async with self._transaction() as session:
            rows = await session.execute(
                statement.order_by(_LETTER.created_at.desc(), _LETTER.id).limit(limit)
            )
            return [_read(row) for row in rows]

    async def count(self, wanted: LetterFilter) -> Sequence[LetterCount]:
        """Count the letters that are wanted by error class, stage and state."""
        grouping = (_LETTER.error_class, _LETTER.stage, _STATE.label("state"))
        statement = select(*grouping, func.count().label("found")).where(*_conditions(wanted))
        async with self._transaction() as session:
            rows = await session.execute(
                statement.group_by(_LETTER.error_class, _LETTER.stage, "state").order_by(
                    func.count().desc(), _LETTER.error_class, _LETTER.stage
                )
            )
            return [
                LetterCount(row.error_class, row.stage, LetterState(row.state), row.found)
                for row in rows
            ]

    async def ids(self, wanted: LetterFilter) -> Sequence[UUID]:
        """Return the ids of all letters that are wanted, oldest first."""
        async with self._transaction() as session:
            found = await session.scalars(
                select(_LETTER.id)
                .where(*_conditions(wanted))
                .order_by(_LETTER.created_at, _LETTER.id)
            )
            return found.all()

    async def read(self, letter_id: UUID) -> tuple[DeadLetter, LetterContent] | None:
        """Return one letter and what is in it; None where there is none."""
        async with self._transaction() as session:
            row = (
                await session.execute(
                    select(*_SHOWN, _LETTER.attributes, _LETTER.payload).where(
                        _LETTER.id == letter_id
                    )
                )
            ).one_or_none()
        if row is None:
            return None
        return _read(row), LetterContent(_texts(row.attributes), row.payload)

    async def keep(self, rejected: RejectedDelivery) -> bool:
        """Keep what the broker gave up; an erasure under way is waited for."""
        async with self._transaction() as session:
            await lock_request(session, rejected.request_id)
            if await is_erased(session, rejected.request_id):
                return False
            student_id = await session.scalar(
                select(ContentRequest.student_id).where(
                    ContentRequest.id == rejected.request_id,
                    ContentRequest.correlation_id == rejected.correlation_id,
                )
            )
            kept = await session.execute(keep_dead_letter(rejected, student_id))
            return kept.one_or_none() is not None

    async def replay(self, letter_id: UUID) -> LetterAnswer:
        """Enqueue what the letter asked for, once, and mark it, in one transaction.

        A request that ended as failed is pending again. A letter that belongs to no request is
        published again as it came. The request's row is locked before the letter, so that two
        replays of one request take turns.
        """
        async with self._transaction() as session:
            known = await session.get(_LETTER, letter_id)
            if known is None:
                return _unknown(letter_id)
            row = await _lock_request(session, known)
            letter = await _lock_letter(session, letter_id)
            if letter is None:
                return _unknown(letter_id)
            if letter.replayed_at is not None:
                return _refused(letter_id, f"it was replayed on {letter.replayed_at:%Y-%m-%d %X}")
            if row is None:
                return await self._repeat(session, letter)
            return await self._reopen(session, letter, row)

    async def discard(self, letter_id: UUID) -> LetterAnswer:
        """Mark a waiting letter as nothing to be done about; retention removes it."""
        async with self._transaction() as session:
            letter = await _lock_letter(session, letter_id)
            if letter is None:
                return _unknown(letter_id)
            if letter.replayed_at is not None:
                return _refused(letter_id, "it was replayed")
            if letter.discarded_at is None:
                letter.discarded_at = func.now()
            return LetterAnswer(letter_id, Outcome.DONE, "discarded", letter.request_id)

    async def _repeat(self, session: AsyncSession, letter: models.DeadLetter) -> LetterAnswer:
        message = repeated_message(
            letter.payload, _texts(letter.attributes), self._requests.topic, self._new_id()
        )
        await post_messages(session, [message], None)
        letter.replayed_at = func.now()
        return LetterAnswer(letter.id, Outcome.DONE, "its message was published again")

    async def _reopen(
        self, session: AsyncSession, letter: models.DeadLetter, row: ContentRequest
    ) -> LetterAnswer:
        status = Status(row.status)
        if status is not Status.FAILED:
            stands = f"ended as {status.value}" if status.is_end else f"live ({status.value})"
            return _refused(letter.id, f"its request is {stands}", row.id)
        message = request_message(read_request(row), self._requests, self._new_id())
        add_event(session, reopen(row), "replayed", None, {"dead_letter_id": str(letter.id)})
        await post_messages(session, [message], row.id)
        await session.execute(
            update(_LETTER)
            .where(
                _LETTER.request_id == row.id,
                _LETTER.correlation_id == row.correlation_id,
                _LETTER.replayed_at.is_(None),
                or_(_LETTER.discarded_at.is_(None), _LETTER.id == letter.id),
            )
            .values(replayed_at=func.now())
        )
        return LetterAnswer(letter.id, Outcome.DONE, "its request is pending again", row.id)


async def _lock_request(session: AsyncSession, letter: models.DeadLetter) -> ContentRequest | None:
    """Lock the request that the letter belongs to: both of its ids are the row's."""
    if letter.request_id is None or letter.correlation_id is None:
        return None
    return (
        await session.scalars(
            select(ContentRequest)
            .where(
                ContentRequest.id == letter.request_id,
                ContentRequest.correlation_id == letter.correlation_id,
            )
            .with_for_update()
        )
    ).one_or_none()


async def _lock_letter(session: AsyncSession, letter_id: UUID) -> models.DeadLetter | None:
    return (
        await session.scalars(
            select(_LETTER)
            .where(_LETTER.id == letter_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one_or_none()


def _conditions(wanted: LetterFilter) -> list[Any]:
    asked = {
        _LETTER.error_class: wanted.error_class,
        _LETTER.stage: wanted.stage,
        _LETTER.request_id: wanted.request_id,
    }
    conditions: list[Any] = [column == value for column, value in asked.items() if value]
    if wanted.since is not None:
        conditions.append(_LETTER.created_at >= func.now() - wanted.since)
    match wanted.state:
        case LetterState.WAITING:
            conditions += [_LETTER.replayed_at.is_(None), _LETTER.discarded_at.is_(None)]
        case LetterState.REPLAYED:
            conditions.append(_LETTER.replayed_at.is_not(None))
        case LetterState.DISCARDED:
            conditions += [_LETTER.replayed_at.is_(None), _LETTER.discarded_at.is_not(None)]
    return conditions


def _read(row: Row[Any]) -> DeadLetter:
    shown = {column.key: getattr(row, column.key) for column in _SHOWN}
    return DeadLetter(**shown | {"state": LetterState(row.state)})


def _texts(attributes: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in attributes.items()}


def _unknown(letter_id: UUID) -> LetterAnswer:
    return LetterAnswer(letter_id, Outcome.UNKNOWN, "there is no such dead letter")


def _refused(letter_id: UUID, why: str, request_id: UUID | None = None) -> LetterAnswer:
    return LetterAnswer(letter_id, Outcome.REFUSED, why, request_id)
