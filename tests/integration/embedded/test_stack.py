from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient
from gcloud.aio.storage import Storage

from tests.integration.embedded import hold_stack
from tests.integration.embedded.hold_stack import RESOURCES
from tests.integration.embedded.until import until
from worker.embedded.endpoints import EmbeddedEndpoints, read_endpoints
from worker.embedded.errors import EmbeddedServerError
from worker.embedded.resources import EmbeddedResources, EmbeddedSubscription
from worker.embedded.stack import EmbeddedStack

TOPIC = "projects/p/topics/requests"
SUBSCRIPTION = "projects/p/subscriptions/worker"
BUCKET = "generated-content"


@pytest.fixture
def state_dir(initialised_postgres: Path, tmp_path: Path) -> Path:
    """A state folder whose PostgreSQL is initialised."""
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "postgres").symlink_to(initialised_postgres)
    return folder


@pytest.fixture
async def stack() -> AsyncIterator[EmbeddedStack]:
    async with EmbeddedStack(RESOURCES, fsync=False) as prepared:
        yield prepared


OTHERS: set[int] = set()
"""Children of this process before the test: the session's own servers and render pools."""


@pytest.fixture(autouse=True)
def _know_the_others() -> None:
    OTHERS.clear()
    OTHERS.update(child.pid for child in psutil.Process().children(recursive=True))


def children() -> list[psutil.Process]:
    """Return the children that the test has started."""
    return [child for child in psutil.Process().children(recursive=True) if child.pid not in OTHERS]


async def put_one_of_each(endpoints: EmbeddedEndpoints) -> None:
    """Store a row, a message and an object."""
    connection = await asyncpg.connect(endpoints.database_url)
    await connection.execute("DROP TABLE IF EXISTS kept")
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    await connection.close()
    root = f"http://{endpoints.pubsub_host}/v1"
    async with PublisherClient(api_root=root, api_is_dev=True) as publisher:
        await publisher.publish(TOPIC, [PubsubMessage("kept")])
    async with Storage(api_root=endpoints.storage_url, api_is_dev=True) as storage:
        await storage.upload(BUCKET, "kept.txt", b"kept")


async def check_one_of_each(endpoints: EmbeddedEndpoints) -> None:
    """Expect the row, the message and the object."""
    connection = await asyncpg.connect(endpoints.database_url)
    assert await connection.fetchval("SELECT number FROM kept") == 7
    await connection.close()
    root = f"http://{endpoints.pubsub_host}/v1"
    async with SubscriberClient(api_root=root, api_is_dev=True) as subscriber:
        (message,) = await subscriber.pull(SUBSCRIPTION, 10)
        assert message.data == b"kept"
        await subscriber.modify_ack_deadline(SUBSCRIPTION, [message.ack_id], 0)
    async with Storage(api_root=endpoints.storage_url, api_is_dev=True) as storage:
        assert await storage.download(BUCKET, "kept.txt") == b"kept"


async def test_a_kept_folder_is_taken_up_with_all_it_holds(
    stack: EmbeddedStack, state_dir: Path
) -> None:
    endpoints = await stack.start(state_dir, postgres=True, pubsub=True, object_store=True)
    await put_one_of_each(endpoints)
    await stack.stop()
    assert children() == []
    endpoints = await stack.start(state_dir, postgres=True, pubsub=True, object_store=True)
    await check_one_of_each(endpoints)


async def test_a_second_terminal_finds_the_addresses_and_no_other_user_does(
    stack: EmbeddedStack, state_dir: Path
) -> None:
    endpoints = await stack.start(state_dir, postgres=True, pubsub=True, object_store=True)
    assert read_endpoints(state_dir) == endpoints
    assert (state_dir / "endpoints.json").stat().st_mode & 0o077 == 0
    assert "postgresql://" not in repr(endpoints)
    await stack.stop()
    with pytest.raises(EmbeddedServerError, match="no running stack"):
        read_endpoints(state_dir)


async def test_only_what_is_asked_for_is_started(stack: EmbeddedStack, tmp_path: Path) -> None:
    endpoints = await stack.start(tmp_path, postgres=False, pubsub=True, object_store=False)
    assert (endpoints.database_url, endpoints.storage_url) == (None, None)
    assert endpoints.pubsub_host
    assert children() == []
    assert read_endpoints(tmp_path) == endpoints


async def test_the_resources_are_created_as_described(stack: EmbeddedStack, tmp_path: Path) -> None:
    endpoints = await stack.start(tmp_path, postgres=False, pubsub=True, object_store=False)
    root = f"http://{endpoints.pubsub_host}/v1"
    async with SubscriberClient(api_root=root, api_is_dev=True) as subscriber:
        found = await subscriber.get_subscription(SUBSCRIPTION)
    assert found["topic"] == TOPIC
    assert found["deadLetterPolicy"] == {
        "deadLetterTopic": "projects/p/topics/dead-letters",
        "maxDeliveryAttempts": 5,
    }
    assert found["retryPolicy"] == {"minimumBackoff": "10s", "maximumBackoff": "600s"}


async def test_a_second_stack_on_one_folder_is_refused_with_the_first_ones_process(
    stack: EmbeddedStack, tmp_path: Path
) -> None:
    endpoints = await stack.start(tmp_path, postgres=False, pubsub=True, object_store=False)
    async with EmbeddedStack() as second:
        with pytest.raises(EmbeddedServerError, match=f"process {os.getpid()}"):
            await second.start(tmp_path, postgres=False, pubsub=True, object_store=False)
    assert read_endpoints(tmp_path) == endpoints


async def test_a_running_stack_is_not_started_twice(stack: EmbeddedStack, tmp_path: Path) -> None:
    await stack.start(tmp_path, postgres=False, pubsub=True, object_store=False)
    with pytest.raises(EmbeddedServerError, match="running already"):
        await stack.start(tmp_path, postgres=False, pubsub=True, object_store=False)


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        (EmbeddedResources(buckets=("No Bucket",)), "did not create bucket"),
        (EmbeddedResources(topics=("1",)), "Not the name of a resource"),
        (
            EmbeddedResources(subscriptions=(EmbeddedSubscription("worker", "none"),)),
            "Resource not found",
        ),
    ],
)
async def test_when_one_server_fails_the_others_are_stopped_and_the_folder_is_free(
    state_dir: Path, resources: EmbeddedResources, reason: str
) -> None:
    async with EmbeddedStack(resources, fsync=False) as failing:
        with pytest.raises(EmbeddedServerError, match=reason):
            await failing.start(state_dir, postgres=True, pubsub=True, object_store=True)
        assert children() == []
    assert not (state_dir / "endpoints.json").exists()
    async with EmbeddedStack(fsync=False) as next_one:
        await next_one.start(state_dir, postgres=False, pubsub=True, object_store=False)


async def test_a_cancelled_start_leaves_nothing_running(
    stack: EmbeddedStack, tmp_path: Path
) -> None:
    start = asyncio.create_task(
        stack.start(tmp_path, postgres=True, pubsub=True, object_store=True)
    )
    await until(children)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert children() == []


async def test_a_cancelled_stop_leaves_nothing_running_and_frees_the_folder(
    stack: EmbeddedStack, state_dir: Path
) -> None:
    await stack.start(state_dir, postgres=True, pubsub=True, object_store=True)
    stop = asyncio.create_task(stack.stop())
    await asyncio.sleep(0)
    stop.cancel()
    await asyncio.gather(stop, return_exceptions=True)
    assert children() == []
    await stack.start(state_dir, postgres=False, pubsub=True, object_store=False)


async def test_a_server_that_ends_by_itself_is_noticed_and_named(
    stack: EmbeddedStack, state_dir: Path
) -> None:
    await stack.start(state_dir, postgres=True, pubsub=True, object_store=True)
    watch = asyncio.create_task(stack.watch())
    ours = {child.pid for child in children()}
    # Not by each child's own name(): PostgreSQL's helpers come and go between the two looks.
    (object_store,) = [
        process
        for process in psutil.process_iter(["name"])
        if process.pid in ours and "fake-gcs" in (process.info["name"] or "")
    ]
    object_store.kill()
    with pytest.raises(EmbeddedServerError, match="object store: ended with exit code -9"):
        await watch


async def test_the_servers_do_not_hear_a_ctrl_c_that_is_meant_for_the_worker(
    stack: EmbeddedStack, state_dir: Path
) -> None:
    await stack.start(state_dir, postgres=True, pubsub=True, object_store=True)
    groups = {os.getpgid(child.pid) for child in children()}
    assert groups
    assert os.getpgid(0) not in groups


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux promises it")
async def test_a_killed_parent_takes_every_server_with_it_and_loses_nothing(
    stack: EmbeddedStack, state_dir: Path
) -> None:
    parent = psutil.Popen([sys.executable, hold_stack.__file__, str(state_dir)])
    try:
        await until((state_dir / "endpoints.json").exists)
        endpoints = read_endpoints(state_dir)
        await put_one_of_each(endpoints)
        servers = parent.children(recursive=True)
        assert {"postgres", "fake-gcs-server-linux-amd64"} <= {child.name() for child in servers}
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    with pytest.raises(EmbeddedServerError, match="no running stack"):
        read_endpoints(state_dir)
    # At once: the servers may still be on their way out.
    endpoints = await stack.start(state_dir, postgres=True, pubsub=True, object_store=True)
    await check_one_of_each(endpoints)
    _, alive = await asyncio.to_thread(psutil.wait_procs, servers, 20)
    assert alive == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux promises it")
async def test_a_parent_killed_while_its_servers_start_leaves_none_and_a_usable_folder(
    stack: EmbeddedStack, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    parent = psutil.Popen([sys.executable, hold_stack.__file__, str(folder)])
    await until(lambda: parent.poll() is not None or len(parent.children()) > 1)
    left = parent.children(recursive=True)
    assert left
    parent.kill()
    parent.wait()
    await stack.start(folder, postgres=True, pubsub=True, object_store=True)
    _, alive = await asyncio.to_thread(psutil.wait_procs, left, 20)
    assert alive == []
