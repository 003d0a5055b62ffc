"""The broker of a contest: Google's Java emulator where it is installed, else our own server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.java_emulator import find_java_emulator, java_emulator
from worker.embedded.pubsub_server import PubsubServer


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that serves.

    Attributes:
        speaks_grpc: Whether streaming pull can reach it.
    """

    name: str
    host: str
    speaks_grpc: bool


@asynccontextmanager
async def serving() -> AsyncIterator[Broker]:
    """Serve within the block."""
    launcher = find_java_emulator()
    if launcher is None:
        server = PubsubServer()
        yield Broker("the embedded Pub/Sub server", await server.start(), speaks_grpc=False)
        await server.stop()
        return
    async with java_emulator(launcher) as host:
        yield Broker("Google's Java emulator", host, speaks_grpc=True)
