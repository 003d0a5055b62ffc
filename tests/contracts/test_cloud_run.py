"""The Cloud Run adapter over a real socket, against a server that answers as the API does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from worker.adapters.cloud_run import CloudRunJobs
from worker.adapters.google_http import AccessError
from worker.lessons.errors import DependencyUnavailableError

EXECUTION = "projects/school/locations/europe-west1/jobs/worker/executions/worker-7x2"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FixedToken:
    """A token that is always valid."""

    async def get(self) -> str | None:
        """Return it."""
        return "a-token"


@asynccontextmanager
async def _jobs(answer: Answer) -> AsyncIterator[CloudRunJobs]:
    app = web.Application()
    app.router.add_post("/v2/{name:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        async with aiohttp.ClientSession() as session:
            yield CloudRunJobs(session, "school", FixedToken(), f"http://{host}:{port}", 2.0)
    finally:
        await runner.cleanup()


async def test_an_execution_is_started_with_the_token_and_named() -> None:
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers["Authorization"]))
        return web.json_response({"name": "operations/1", "metadata": {"name": EXECUTION}})

    async with _jobs(answer) as jobs:
        assert await jobs.execute("europe-west1", "worker") == EXECUTION
    path = "/v2/projects/school/locations/europe-west1/jobs/worker:run"
    assert asked == [(path, "Bearer a-token")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (403, AccessError),
        (404, AccessError),
        (429, DependencyUnavailableError),
        (500, DependencyUnavailableError),
        (503, DependencyUnavailableError),
    ],
)
async def test_a_refusal_is_told_from_not_now(status: int, expected: type[Exception]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with _jobs(answer) as jobs:
        with pytest.raises(expected, match=str(status)):
            await jobs.execute("europe-west1", "worker")


async def test_a_cut_connection_is_not_now() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with _jobs(answer) as jobs:
        with pytest.raises(DependencyUnavailableError):
            await jobs.execute("europe-west1", "worker")
