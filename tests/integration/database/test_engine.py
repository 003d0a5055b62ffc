"""What an engine does with a database that takes too long."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from worker.adapters.database.engine import open_engine
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
