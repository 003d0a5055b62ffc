"""Connections that are replaced after the process was held still."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from worker.adapters.database.engine import open_engine, renewal_of


@pytest.fixture
async def pooled(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, pool_size=2, application_name="renewal")
    yield engine
    await engine.dispose()


async def backend(connection: AsyncConnection) -> int:
    return int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)


async def test_an_idle_connection_is_replaced_at_its_next_use(pooled: AsyncEngine) -> None:
    renew = renewal_of(pooled)
    async with pooled.connect() as connection:
        first = await backend(connection)
    async with pooled.connect() as connection:
        assert await backend(connection) == first, "without a renewal it is kept"
    renew()
    async with pooled.connect() as connection:
        second = await backend(connection)
    async with pooled.connect() as connection:
        assert await backend(connection) == second, "one renewal replaces it once"
    assert first != second


async def test_a_connection_in_use_stays_with_its_user_and_is_replaced_after(
    pooled: AsyncEngine,
) -> None:
    renew = renewal_of(pooled)
    async with pooled.connect() as connection:
        first = await backend(connection)
        renew()
        assert await backend(connection) == first
    async with pooled.connect() as connection:
        assert await backend(connection) != first
