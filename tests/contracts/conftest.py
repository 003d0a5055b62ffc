"""Servers that answer as a test tells them, and one that does not answer at all."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from worker.curriculum.models import Curriculum
from worker.curriculum.reader import load_curriculum

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class ScriptedServer:
    """A server on loopback that answers every call by the next line of its script.

    Attributes:
        script: One answer a call; the last one is given again and again.
        asked: Method and path of every call.
        bodies: What each of them held.
    """

    script: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    host: str = ""

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{self.host}"

    def says(self, status: int, text: str = "{}", **headers: str) -> None:
        """Answer so from now on."""
        self.script[:] = [answer(status, text, **headers)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Read the call to its end, then answer it."""
        self.asked.append(f"{request.method} {request.path_qs}")
        self.bodies.append(await request.read())
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return await line(request)


def answer(status: int, text: str = "{}", **headers: str) -> Answer:
    """Return a line of a script: always the same answer."""

    async def say(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status, text=text, content_type="application/json", headers=headers
        )

    return say


@pytest.fixture(scope="session")
def curriculum() -> Curriculum:
    """The bundled curriculum, read once: that takes a second or two."""
    return load_curriculum()


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedServer]:
    """A server that does as it is told."""
    scripted = ScriptedServer()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{rest:.*}", scripted.handle)
    async with TestServer(app) as server:
        scripted.host = f"{server.host}:{server.port}"
        yield scripted


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a port that nothing listens on, and that nobody else can take."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client session of the test's own."""
    async with aiohttp.ClientSession() as session:
        yield session
