"""`/healthz` and `/readyz`: is the process alive, and does it take work?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web


class Phase(StrEnum):
    """Where the worker is in its life."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


@dataclass(slots=True)
class Readiness:
    """What `/readyz` answers from; the entry point moves it on."""

    phase: Phase = Phase.STARTING

    def drain(self) -> None:
        """Say that no more work is taken."""
        self.phase = Phase.DRAINING


class HealthServer:
    """Serves the two pages on one port."""

    def __init__(self, readiness: Readiness, *, host: str, port: int) -> None:
        self._readiness = readiness
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Listen, and return the port (a free one where 0 was asked for).

        Raises:
            OSError: The port is taken.
        """
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
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
        phase = self._readiness.phase
        status = 200 if phase is Phase.READY else 503
        return web.json_response({"status": phase.value}, status=status)
