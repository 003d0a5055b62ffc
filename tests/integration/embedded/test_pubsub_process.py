"""The Pub/Sub server as a process of its own, ended in both ways."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient

from tests.integration.embedded.until import until
from worker.embedded.pubsub_server import PubsubServer

TOPIC = "projects/p/topics/requests"
SUBSCRIPTION = "projects/p/subscriptions/worker"

Run = Callable[[], Awaitable[tuple["subprocess.Popen[bytes]", str]]]


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    started: list[subprocess.Popen[bytes]] = []
    port_file = tmp_path / "port"

    def start() -> subprocess.Popen[bytes]:
        port_file.unlink(missing_ok=True)
        module = "worker.embedded.pubsub_server"
        options = ("--port-file", str(port_file), "--state-dir", str(tmp_path / "state"))
        return subprocess.Popen([sys.executable, "-m", module, "--port", "0", *options])

    async def run_one() -> tuple[subprocess.Popen[bytes], str]:
        process = start()
        started.append(process)
        await until(lambda: port_file.exists() or process.poll() is not None)
        return process, f"http://127.0.0.1:{port_file.read_text()}/v1"

    yield run_one
    for process in started:
        process.kill()
        process.wait()


async def test_a_killed_server_remembers_what_it_answered_for(run: Run) -> None:
    process, api_root = await run()
    async with (
        PublisherClient(api_root=api_root, api_is_dev=True) as publisher,
        SubscriberClient(api_root=api_root, api_is_dev=True) as subscriber,
    ):
        await publisher.create_topic(TOPIC)
        await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
        await publisher.publish(TOPIC, [PubsubMessage("acknowledged")])
        (first,) = await subscriber.pull(SUBSCRIPTION, 1)
        await subscriber.acknowledge(SUBSCRIPTION, [first.ack_id])
        await publisher.publish(TOPIC, [PubsubMessage("kept")])
    process.kill()
    process.wait()
    _, api_root = await run()
    async with SubscriberClient(api_root=api_root, api_is_dev=True) as subscriber:
        assert [found.data for found in await subscriber.pull(SUBSCRIPTION, 10)] == [b"kept"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_asked_to_end_does_so_with_exit_code_0(run: Run, number: int) -> None:
    process, api_root = await run()
    async with (
        PublisherClient(api_root=api_root, api_is_dev=True) as publisher,
        SubscriberClient(api_root=api_root, api_is_dev=True) as subscriber,
    ):
        await publisher.create_topic(TOPIC)
        await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
        pull = asyncio.create_task(subscriber.pull(SUBSCRIPTION, 1))
        await asyncio.sleep(0.05)
        process.send_signal(number)
        assert await pull == []
    assert await asyncio.to_thread(process.wait, 10) == 0


async def test_a_start_cancelled_at_any_turn_leaves_no_socket_open() -> None:
    before = _listening()
    for turns in range(40):
        server = PubsubServer()
        start = asyncio.create_task(server.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        start.cancel()
        await asyncio.gather(start, return_exceptions=True)
        await server.stop()
    gc.collect()
    assert _listening() <= before


def _listening() -> set[int]:
    """Return the ports that this process listens on: the session's own server is among them."""
    return {
        connection.laddr.port
        for connection in psutil.Process().net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
