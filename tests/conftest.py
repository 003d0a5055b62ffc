"""The servers of a test session, and the platform that each test gets on them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from tests.java_emulator import find_java_emulator, java_emulator
from tests.platform import Platform, on_asyncpg
from worker.adapters.database import passage_vectors
from worker.adapters.database.models import Base
from worker.bootstrap import migrate_database
from worker.embedded.endpoints import EmbeddedEndpoints
from worker.embedded.postgres import ROLE
from worker.embedded.postgres_cluster import SUPERUSER
from worker.embedded.stack import EmbeddedStack

MIGRATED = "migrated"


@pytest.fixture(autouse=True)
def logging_outlives_no_test() -> Iterator[None]:
    """Put logging back: a command that ran in this process logs to a stream that is closed now."""
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**config)


@pytest.fixture(scope="session")
async def endpoints(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedEndpoints]:
    """PostgreSQL, Pub/Sub and object store for the whole session."""
    folder = _reachable(tmp_path_factory.mktemp("embedded"))
    async with EmbeddedStack(fsync=False) as stack:
        yield await stack.start(folder, postgres=True, pubsub=True, object_store=True)


@pytest.fixture(scope="session")
async def java_host() -> AsyncIterator[str]:
    """Google's own emulator of Pub/Sub; the test is skipped where it is not installed."""
    launcher = find_java_emulator()
    if launcher is None:
        pytest.skip("Google's Java emulator of Pub/Sub is not installed")
    async with java_emulator(launcher) as host:
        yield host


@pytest.fixture(scope="session")
async def server(endpoints: EmbeddedEndpoints) -> AsyncIterator[AsyncEngine]:
    """The session's PostgreSQL, with one migrated database on it."""
    assert endpoints.database_url is not None
    owner = make_url(endpoints.database_url)
    # The superuser of the embedded cluster has the same password; the worker's role may not
    # create databases, and owns those that are made for it.
    engine = create_async_engine(
        owner.set(drivername="postgresql+asyncpg", username=SUPERUSER, database="postgres"),
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
    )
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {MIGRATED} OWNER {ROLE}"))
    await _add_pgvector(engine, MIGRATED)
    await migrate_database(_on(engine, MIGRATED))
    yield engine
    await engine.dispose()


@pytest.fixture
async def empty_database(server: AsyncEngine) -> AsyncIterator[str]:
    """The URL of a database with nothing in it."""
    name = f"empty_{uuid4().hex[:8]}"
    async with server.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name} OWNER {ROLE}"))
    yield _on(server, name)
    async with server.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database_url(server: AsyncEngine) -> str:
    """The URL of the migrated database, emptied for the test."""
    url = _on(server, MIGRATED)
    engine = create_async_engine(on_asyncpg(url), poolclass=NullPool)
    await empty_tables(engine)
    await engine.dispose()
    return url


async def empty_tables(engine: AsyncEngine) -> None:
    """Remove every row of the worker's tables."""
    async with engine.begin() as connection:
        tables = ", ".join(Base.metadata.tables)
        await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        # No migration makes it: `ingest` does.
        await connection.execute(text(f"DROP TABLE IF EXISTS {passage_vectors.TABLE}"))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the migrated database."""
    engine = create_async_engine(on_asyncpg(database_url), pool_size=5)
    yield engine
    await engine.dispose()


@pytest.fixture
async def platform(
    endpoints: EmbeddedEndpoints, database_url: str, engine: AsyncEngine
) -> AsyncIterator[Platform]:
    """A platform of the test's own: emptied tables, new topics, a new bucket."""
    assert endpoints.pubsub_host is not None
    assert endpoints.storage_url is not None
    async with aiohttp.ClientSession() as session:
        platform = Platform(
            url=database_url,
            pubsub_host=endpoints.pubsub_host,
            storage_url=endpoints.storage_url,
            name=f"t{uuid4().hex[:8]}",
            engine=engine,
            session=session,
        )
        await platform.prepare()
        yield platform


async def _add_pgvector(server: AsyncEngine, database: str) -> None:
    """Let a database hold vectors, as the embedded one does: its owner may not do this."""
    engine = create_async_engine(server.url.set(database=database), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE EXTENSION vector"))
    await engine.dispose()


def _on(server: AsyncEngine, database: str) -> str:
    url = server.url.set(drivername="postgresql", username=ROLE, database=database)
    return url.render_as_string(hide_password=False)


def _reachable(folder: Path) -> Path:
    """Let the account that PostgreSQL runs under enter the folder: pytest makes it private."""
    for parent in (folder, *folder.parents):
        if parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    return folder
