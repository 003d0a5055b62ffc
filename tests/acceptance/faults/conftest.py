"""The worlds of the scenarios, and which scenarios CI runs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.acceptance.faults.world import World, world_on
from tests.conftest import MIGRATED, empty_tables
from tests.platform import Platform, on_asyncpg
from worker.embedded.endpoints import EmbeddedEndpoints
from worker.embedded.postgres import ROLE

ALL = "FAULTS"
"""`FAULTS=all` runs every scenario; CI leaves out those marked `exhaustive`."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the exhaustive scenarios out, unless all are asked for."""
    if os.environ.get(ALL) == "all":
        return
    left_out = [item for item in items if item.get_closest_marker("exhaustive")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


class Worlds:
    """Opens a world, and another one where a scenario has spoiled it."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform = platform
        self._folder = folder
        self._exits = AsyncExitStack()
        self._world: World | None = None
        self._count = 0

    async def current(self) -> World:
        """Return a world in which every scenario so far came to its verdict."""
        if self._world is not None and self._world.is_spoiled:
            await self._exits.aclose()
            self._world = None
        if self._world is None:
            self._count += 1
            folder = self._folder / str(self._count)
            folder.mkdir()
            platform = self._platform.renamed(f"f{uuid4().hex[:8]}")
            self._world = await self._exits.enter_async_context(world_on(platform, folder))
        return self._world

    async def close(self) -> None:
        """End the world; its workers drain, and nothing may be left."""
        async with self._exits:
            if self._world is not None and not self._world.is_spoiled:
                await self._world.end()


@pytest.fixture(scope="module")
async def worlds(
    endpoints: EmbeddedEndpoints, server: AsyncEngine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Worlds]:
    """The worlds of one module, on a database of their own."""
    assert endpoints.pubsub_host is not None
    assert endpoints.storage_url is not None
    database = f"faults_{uuid4().hex[:8]}"
    async with server.connect() as connection:
        await connection.execute(
            text(f"CREATE DATABASE {database} TEMPLATE {MIGRATED} OWNER {ROLE}")
        )
    url = server.url.set(drivername="postgresql", username=ROLE, database=database)
    address = url.render_as_string(hide_password=False)
    engine = create_async_engine(on_asyncpg(address))
    await empty_tables(engine)  # the template holds what the test before left
    async with aiohttp.ClientSession() as session:
        platform = Platform(
            address, endpoints.pubsub_host, endpoints.storage_url, database, engine, session
        )
        worlds = Worlds(platform, tmp_path_factory.mktemp("faults"))
        try:
            yield worlds
        finally:
            await worlds.close()
            await engine.dispose()


@pytest.fixture
async def world(worlds: Worlds) -> World:
    """A world; it counts as spoiled until its judge has spoken."""
    world = await worlds.current()
    world.is_spoiled = True
    return world
