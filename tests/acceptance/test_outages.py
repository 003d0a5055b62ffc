"""A dependency that goes away under the real process, and comes back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import make_url
from yarl import URL

from tests.acceptance.logged_worker import LoggedWorker, logged_worker
from tests.acceptance.tcp_relay import TcpRelay, relay_to
from tests.platform import Platform

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

QUICK = {"WORKER_BREAKER_FAILURES": "2", "WORKER_BREAKER_SECONDS": "1"}


@asynccontextmanager
async def cuttable(platform: Platform, dependency: str) -> AsyncIterator[tuple[TcpRelay, str, str]]:
    """Put a relay before a server; yields it with the setting that leads through it."""
    if dependency == "database":
        url = make_url(platform.url)
        async with relay_to(url.host or "", url.port or 5432) as (relay, port):
            through = url.set(host="127.0.0.1", port=port)
            yield relay, "DATABASE_URL", through.render_as_string(hide_password=False)
    elif dependency == "broker":
        host, _, broker_port = platform.pubsub_host.partition(":")
        async with relay_to(host, int(broker_port)) as (relay, port):
            yield relay, "PUBSUB_EMULATOR_HOST", f"127.0.0.1:{port}"
    else:
        storage = URL(platform.storage_url)
        async with relay_to(storage.host or "", storage.port or 80) as (relay, port):
            yield relay, "STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}"


async def page(worker: LoggedWorker, path: str) -> tuple[int, str]:
    port = worker.said("ready")[0]["health_port"]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.text()


async def states(worker: LoggedWorker) -> dict[str, float]:
    _, text = await page(worker, "/metrics")
    return {
        sample.labels["dependency"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "content_worker_breaker_state"
    }


async def until(holds: Callable[[], Awaitable[Any]], seconds: float = 200.0) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110  # another process sets no event here
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("dependency", ["database", "broker"])
async def test_nothing_fails_while_it_is_away_and_work_goes_on_when_it_is_back(
    platform: Platform, dependency: str
) -> None:
    async with (
        cuttable(platform, dependency) as (relay, variable, through),
        logged_worker(platform.environ | QUICK | {variable: through}) as worker,
    ):
        await worker.says("ready")
        relay.cut()
        opened = await worker.says("breaker_opened")
        assert opened["dependency"] == dependency
        request_id = await platform.add_request()
        await platform.publish(platform.message(request_id))

        async def is_waiting() -> bool:
            return (
                f'"status": "waiting", "out_of_reach": ["{dependency}"]'
                in ((await page(worker, "/readyz"))[1])
            )

        await until(is_waiting)
        assert (await states(worker))[dependency] > 0
        relay.is_cut = False

        async def is_completed() -> bool:
            return bool((await platform.row(request_id)).status == "completed")

        await until(is_completed)
        closed = await worker.says("breaker_closed")
        assert closed["dependency"] == dependency
        assert (await page(worker, "/readyz"))[0] == 200
        assert set((await states(worker)).values()) == {0.0}
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0
    row = await platform.row(request_id)
    assert row.failed_attempts == 0
    assert len(await platform.seen("events")) == 1


async def test_an_object_store_that_is_away_costs_a_request_no_more_than_the_breaker_s_failures(
    platform: Platform,
) -> None:
    async with (
        cuttable(platform, "object_store") as (relay, variable, through),
        logged_worker(
            platform.environ | QUICK | {variable: through, "WORKER_RETRY_SECONDS": "1"}
        ) as worker,
    ):
        await worker.says("ready")
        relay.cut()
        requests = [await platform.add_request() for _ in range(6)]
        for request_id in requests:
            await platform.publish(platform.message(request_id))
        await worker.says("breaker_opened")
        await asyncio.sleep(3)
        relay.is_cut = False

        async def are_completed() -> bool:
            rows = await platform.rows("SELECT status FROM content_requests")
            return {row.status for row in rows} == {"completed"}

        await until(are_completed)
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0
    assert len(await platform.seen("events")) == len(requests)
    assert await platform.seen("dead", within=0.5) == []
