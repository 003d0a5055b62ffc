from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
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
    """A folder that a server has made and left; initdb costs a second, so it runs once."""
    folder = tmp_path_factory.mktemp("initialised") / "postgres"

    async def make() -> None:
        server = EmbeddedPostgres(fsync=False)
        await server.start(folder)
        await server.stop()

    asyncio.run(make())
    return folder


@pytest.fixture
def copy_postgres(initialised_postgres: Path) -> Callable[[Path], Path]:
    def copy(target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        # cp keeps the owner, which shutil does not.
        subprocess.run(["cp", "-a", str(initialised_postgres), str(target)], check=True)  # noqa: S607  # the system's own
        return target

    return copy
