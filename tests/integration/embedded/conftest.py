from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from gcloud.aio.pubsub import PublisherClient, SubscriberClient

from tests.integration.embedded.turned_clock import TurnedClock
from worker.embedded.postgres import EmbeddedPostgres
from worker.embedded.pubsub_server import PubsubServer


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def server(clock: TurnedClock) -> AsyncIterator[PubsubServer]:
    running = PubsubServer(long_poll_seconds=5.0, clock=clock.clock)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def api_root(server: PubsubServer) -> str:
    return f"http://{server.host}/v1"


@pytest.fixture
async def publisher(api_root: str) -> AsyncIterator[PublisherClient]:
    async with PublisherClient(api_root=api_root, api_is_dev=True) as client:
        yield client


@pytest.fixture
async def subscriber(api_root: str) -> AsyncIterator[SubscriberClient]:
    async with SubscriberClient(api_root=api_root, api_is_dev=True) as client:
        yield client


@pytest.fixture(scope="session")
def initialised_postgres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a server has made and left, for all tests that leave it whole.

    initdb costs a second and a copy 40 MB, so it is made once; rows of other tests may be in it.
    """
    folder = tmp_path_factory.mktemp("initialised") / "postgres"

    async def make() -> None:
        server = EmbeddedPostgres(fsync=False)
        await server.start(folder)
        await server.stop()

    asyncio.run(make())
    return folder


@pytest.fixture
def postgres_copy(initialised_postgres: Path, tmp_path: Path) -> Path:
    """A folder of its own, for a test that damages it."""
    target = tmp_path / "postgres"
    # cp keeps the owner, which shutil does not.
    subprocess.run(["cp", "-a", str(initialised_postgres), str(target)], check=True)  # noqa: S607  # the system's own
    return target
