"""The health pages over a real socket, in each phase of the worker's life."""

from __future__ import annotations

import json

import aiohttp
import pytest

from worker.telemetry.metrics import Metrics
from worker.web.health import HealthServer, Obstacle, Phase, Readiness


@pytest.mark.parametrize(
    ("phase", "status"), [(Phase.STARTING, 503), (Phase.READY, 200), (Phase.DRAINING, 503)]
)
async def test_readyz_is_200_only_while_work_is_taken(phase: Phase, status: int) -> None:
    server = HealthServer(Readiness(phase), Metrics(), host="127.0.0.1", port=0)
    port = await server.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/readyz") as answer:
                assert (answer.status, await answer.json()) == (
                    status,
                    {"status": phase.value, "out_of_reach": []},
                )
            async with session.get("/healthz") as answer:
                assert answer.status == 200
    finally:
        await server.stop()


def test_a_worker_that_drains_takes_no_work() -> None:
    readiness = Readiness(Phase.READY)
    readiness.drain()
    assert readiness.phase is Phase.DRAINING


async def test_readyz_is_503_and_names_what_is_out_of_reach_while_the_pull_waits() -> None:
    readiness = Readiness(Phase.READY, lambda: Obstacle.WAITING, lambda: ["database"])
    body = {"status": "waiting", "out_of_reach": ["database"]}
    assert await _page(readiness, "/readyz") == (503, json.dumps(body))


async def test_readyz_is_200_while_a_dependency_is_away_that_not_every_message_needs() -> None:
    readiness = Readiness(Phase.READY, lambda: None, lambda: ["voice"])
    body = {"status": "ready", "out_of_reach": ["voice"]}
    assert await _page(readiness, "/readyz") == (200, json.dumps(body))


async def test_an_obstacle_shows_only_once_the_worker_is_ready() -> None:
    readiness = Readiness(Phase.DRAINING, lambda: Obstacle.PAUSED)
    assert readiness.status == "draining"


async def test_the_metrics_are_served_in_prometheus_format() -> None:
    status, text = await _page(Readiness(), "/metrics")
    assert status == 200
    assert "# TYPE content_worker_deliveries_total counter" in text


async def _page(readiness: Readiness, path: str) -> tuple[int, str]:
    server = HealthServer(readiness, Metrics(), host="127.0.0.1", port=0)
    port = await server.start()
    try:
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
            session.get(path) as answer,
        ):
            return answer.status, await answer.text()
    finally:
        await server.stop()
