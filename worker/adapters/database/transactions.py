"""Short transactions on one engine, with PostgreSQL's errors in the domain's words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from worker.adapters.database.engine import translated_errors


class Transactions:
    """Begins transactions; each commits at the end of its block, or rolls back."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """Hold one transaction for the block.

        Raises:
            DependencyUnavailableError: PostgreSQL did not answer.
            RefusedError: It refused the connection.
        """
        with translated_errors():
            async with self._sessions.begin() as session:
                yield session
