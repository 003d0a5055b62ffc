"""`/healthz`, `/readyz` and `/metrics`: is the process alive, does it take work, how much?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from worker.telemetry.metrics import CONTENT_TYPE, Metrics


class Phase(StrEnum):
    """Where the worker is in its life."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Obstacle(StrEnum):
    """Why a worker that is ready takes no work."""

    PAUSED = "paused"
    WAITING = "waiting"


@dataclass(slots=True)
class Readiness:
    """What `/readyz` answers from; the entry point moves it on.

    Attributes:
        obstacle: What keeps a ready worker from pulling, if anything does.
        out_of_reach: Names the dependencies whose breaker is not closed.
    """

    phase: Phase = Phase.STARTING
    obstacle: Callable[[], Obstacle | None] = lambda: None
    out_of_reach: Callable[[], Sequence[str]] = lambda: ()

    def drain(self) -> None:
        """Say that no more work is taken."""
        self.phase = Phase.DRAINING

    @property
    def status(self) -> str:
        """One word for what the worker does."""
        obstacle = self.obstacle() if self.phase is Phase.READY else None
        return (obstacle or self.phase).value


class HealthServer:
    """Serves the three pages on one port."""

    def __init__(self, readiness: Readiness, metrics: Metrics, *, host: str, port: int) -> None:
        self._readiness, self._metrics = readiness, metrics
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Listen, and return the port (a free one where 0 was asked for).

        Raises:
            OSError: The port is taken, or the host is not this machine's.
        """
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._show_metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _readyz(self, _: web.Request) -> web.Response:
        """Answer 200 exactly while work is taken: with a breaker open that stops the pull, 503."""
        status = self._readiness.status
        body = {"status": status, "out_of_reach": list(self._readiness.out_of_reach())}
        return web.json_response(body, status=200 if status == Phase.READY.value else 503)

    async def _show_metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})
