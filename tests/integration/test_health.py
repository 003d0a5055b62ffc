"""The health pages over a real socket, in each phase of the worker's life."""

from __future__ import annotations

import aiohttp
import pytest

from worker.telemetry.metrics import Metrics
from worker.web.health import HealthServer, Phase, Readiness


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
