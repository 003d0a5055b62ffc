"""What an engine does with a database that takes too long."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, text

from tests.platform import Platform
from worker.adapters.database.engine import open_engine, translated_errors
from worker.adapters.database.models import ContentRequest
from worker.adapters.database.statements import Statements
from worker.lessons.errors import DependencyUnavailableError


async def test_a_statement_waits_for_its_answer_as_long_as_the_engine_was_told(
    database_url: str,
) -> None:
    engine = open_engine(database_url, pool_size=1, application_name="slow", command_seconds=0.1)
    try:
        async with asyncio.timeout(10):
            with pytest.raises(DependencyUnavailableError, match="did not answer"):
                await Statements(engine).run(text("SELECT pg_sleep(60)"))
    finally:
        await engine.dispose()


async def test_a_transaction_that_falls_silent_gives_its_locks_back(platform: Platform) -> None:
    """A worker that is stopped in the middle of one must not hold up who takes its request over."""
    request_id = await platform.add_request()
    lock = select(ContentRequest.id).where(ContentRequest.id == request_id).with_for_update()
    engine = open_engine(
        platform.url, pool_size=2, application_name="silent", idle_transaction_seconds=0.1
    )
    try:
        async with engine.connect() as silent, asyncio.timeout(60):
            await silent.execute(lock)
            async with engine.begin() as other:
                assert await other.scalar(lock) == request_id
            with pytest.raises(DependencyUnavailableError), translated_errors():
                await silent.execute(lock)
    finally:
        await engine.dispose()
