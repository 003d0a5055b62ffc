"""Statements over several rows lock them in the order of their ids, so that none deadlocks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.platform import Platform
from worker.adapters.database.outbox import PostgresOutbox
from worker.adapters.database.requests import PostgresRequestStore
from worker.lessons.claim import Claim, Claimed

Write = Callable[[], Awaitable[object]]


async def _renewal(platform: Platform, ids: list[UUID]) -> Write:
    """Claim requests, and return the renewal of all claims."""
    store = PostgresRequestStore(platform.engine, worker_id="worker-a")
    claims: list[Claim] = []
    for one in ids:
        correlation_id = f"correlation-{one.hex[:8]}"
        await platform.add_request(id=one, correlation_id=correlation_id)
        claimed = await store.claim(one, correlation_id, 30.0)
        assert isinstance(claimed, Claimed)
        claims.append(claimed.claim)
    return lambda: store.renew(claims, 30.0)


async def _marking(platform: Platform, ids: list[UUID]) -> Write:
    """Post messages, and return the marking of all as published."""
    for one in ids:
        await platform.rows(
            "INSERT INTO outbox (id, topic, payload, attributes) VALUES (:id, 'e', '', '{}')",
            id=one,
        )
    outbox = PostgresOutbox(platform.engine, worker_id="worker-a")
    return lambda: outbox.mark_published(dict.fromkeys(ids, "message"))


async def _until_it_waits(platform: Platform, statement: str) -> None:
    """Wait until a statement waits for a lock."""
    async with asyncio.timeout(10):
        while not await platform.rows(  # noqa: ASYNC110  # another backend sets no event here
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE :query",
            query=f"%/* {statement} */%",
        ):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("table", "statement", "prepare"),
    [("content_requests", "renew claims", _renewal), ("outbox", "mark outbox", _marking)],
)
async def test_it_holds_no_later_row_while_it_waits_for_an_earlier_one(
    platform: Platform,
    table: str,
    statement: str,
    prepare: Callable[[Platform, list[UUID]], Awaitable[Write]],
) -> None:
    """The rows lie in the table, and come in the call, the other way round."""
    ids = sorted((uuid4() for _ in range(8)), reverse=True)
    write = await prepare(platform, ids)
    lock = text(f"SELECT FROM {table} WHERE id = :id FOR UPDATE NOWAIT")
    async with platform.engine.begin() as rival:
        await rival.execute(lock, {"id": min(ids)})
        writing = asyncio.ensure_future(write())
        await _until_it_waits(platform, statement)
        for one in sorted(ids):
            await rival.execute(lock, {"id": one})
    await asyncio.wait_for(writing, 10)
