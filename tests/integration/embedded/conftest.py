from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from gcloud.aio.pubsub import PublisherClient, SubscriberClient

from tests.integration.embedded.turned_clock import TurnedClock
from worker.embedded.postgres import EmbeddedPostgres
from worker.embedded.pubsub_server import PubsubServer


@dataclass(frozen=True, slots=True)
class Difference:
    """What Google's emulator (0.8.20) does otherwise.

    Attributes:
        tests: Beginnings of the names of the tests that it does not pass.
        is_slow: The test would wait for long to see it.
    """

    why: str
    tests: tuple[str, ...]
    is_slow: bool = False


DIFFERENCES = (
    Difference(
        "a message is dead-lettered by the next pull, not when its last deadline passes",
        ("test_the_fifth_missed_deadline_dead_letters",),
        is_slow=True,
    ),
    Difference(
        "one pull brings several messages of an ordering key",
        ("test_an_ack_lets_the_next_of_an_ordering_key",),
    ),
    Difference(
        "filters are not applied, and not parsed",
        (
            "test_a_filter_keeps_other_messages_away",
            "test_a_refused_subscription_does_not_exist",
            "test_a_refusal_bears_googles_code_and_status[java-<lambda>-400-INVALID_ARGUMENT4]",
        ),
    ),
    Difference(
        "messages are handed to pulls whose client has hung up",
        ("test_a_pull_whose_client_hung_up",),
        is_slow=True,
    ),
    Difference(
        "an empty list is left out of the answer",
        (
            "test_empty_lists_are_lists",
            "test_a_subscription_is_created_shown_changed",
            "test_a_snapshot_is_created_shown_sought",
        ),
    ),
    Difference("testIamPermissions is not there", ("test_every_permission_asked_about",)),
    Difference(
        "a KMS key is accepted, and ignored",
        ("test_a_refusal_bears_googles_code_and_status[java-<lambda>-501-UNIMPLEMENTED]",),
    ),
    Difference(
        "an ack deadline below 10 s is accepted",
        ("test_a_refusal_bears_googles_code_and_status[java-<lambda>-400-INVALID_ARGUMENT3]",),
    ),
    Difference(
        "messages over 10 MB are accepted, up to the limit of its HTTP server",
        ("test_a_message_of_more_than_ten_megabytes",),
    ),
    Difference(
        "what is no call of the API gets an answer of its HTTP server, not Google's error",
        ("test_a_call_that_no_client_makes",),
    ),
)
"""Each explained in docs/reliability.md; a test here fails once the emulator passes it."""


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def server(clock: TurnedClock) -> AsyncIterator[PubsubServer]:
    running = PubsubServer(long_poll_seconds=5.0, clock=clock.clock)
    await running.start()
    yield running
    await running.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs neither our clock nor our process against Google's emulator, too."""
    if "broker" in metafunc.fixturenames:
        is_ours_alone = bool({"clock", "server"} & set(metafunc.fixturenames))
        metafunc.parametrize("broker", ["embedded"] if is_ours_alone else ["embedded", "java"])


@pytest.fixture
def broker_host(broker: str, request: pytest.FixtureRequest) -> str:
    """Where the broker serves."""
    if broker == "embedded":
        server: PubsubServer = request.getfixturevalue("server")
        return server.host
    for one in DIFFERENCES:
        if request.node.name.startswith(one.tests):
            request.applymarker(pytest.mark.xfail(reason=one.why, run=not one.is_slow, strict=True))
    host: str = request.getfixturevalue("java_host")
    return host


@pytest.fixture
async def api_root(broker: str, broker_host: str) -> AsyncIterator[str]:
    """The root of the broker's API; Google's emulator is one for all tests, emptied after each."""
    root = f"http://{broker_host}/v1"
    yield root
    if broker == "java":
        await delete_everything(root)


async def delete_everything(root: str) -> None:
    async with aiohttp.ClientSession() as session:
        for kind in ("snapshots", "subscriptions", "topics"):
            async with session.get(f"{root}/projects/p/{kind}") as answer:
                found = (await answer.json()).get(kind, [])
            for one in found:
                name = one if isinstance(one, str) else one["name"]
                await session.delete(f"{root}/{name}")


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
