"""A relay on loopback that a test can cut, and let through again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class TcpRelay:
    """Passes bytes both ways between its port and a server.

    Attributes:
        is_cut: Connections are closed as soon as they come.
    """

    host: str
    port: int
    is_cut: bool = False
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self.is_cut = True
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        if self.is_cut:
            writer.transport.abort()
            return
        back, forth = await asyncio.open_connection(self.host, self.port)
        self._writers |= {writer, forth}
        await asyncio.gather(_pass_on(reader, forth), _pass_on(back, writer))
        self._writers -= {writer, forth}


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(1 << 16):
            target.write(chunk)
            await target.drain()
    target.transport.abort()


@asynccontextmanager
async def relay_to(host: str, port: int) -> AsyncIterator[tuple[TcpRelay, int]]:
    """Relay to a server within the block; yields the relay and its port."""
    relay = TcpRelay(host, port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    try:
        yield relay, server.sockets[0].getsockname()[1]
    finally:
        relay.cut()
        server.close()
        await server.wait_closed()
