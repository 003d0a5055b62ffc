"""Stands between a worker and PostgreSQL, reads what passes, and does what the script says.

It follows PostgreSQL's frontend protocol far enough to know what commits: a COMMIT, or a
statement outside any transaction. Texts of prepared statements come with Parse, the values of
stages with Bind; the store's statements bear their name in a comment.
"""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.acceptance.faults.script import Cut, Hold, Point, Script
from worker.lessons.stage import ENDED, Stage

EVENT_KINDS = (
    "released",
    "attempt_failed",
    "republished",
    "replayed",
    *(status.value for status in ENDED),
)
STAGES = tuple(stage.value for stage in Stage)
WRITES = re.compile(rb"(?:INSERT INTO|(?<!FOR )UPDATE|DELETE FROM) (\w+)")
SSL_REQUEST, CANCEL_REQUEST = 80877103, 80877102


@dataclass(slots=True)
class _Traffic:
    """What one connection has sent since its last COMMIT."""

    statements: dict[bytes, bytes] = field(default_factory=dict)
    is_in_transaction: bool = False
    sent: list[bytes] = field(default_factory=list)
    bound: list[list[bytes]] = field(default_factory=list)

    def forget(self) -> None:
        """Begin the next transaction."""
        self.sent.clear()
        self.bound.clear()


class DatabaseProxy:
    """A TCP proxy on loopback whose COMMITs are points of a script."""

    def __init__(self, host: str, port: int, script: Script) -> None:
        self._script = script
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.upstream = (host, port)
        self.port = 0

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection."""
        if self._server is not None:
            self._server.close()
        await self.cut_all()

    async def cut_all(self) -> None:
        """Break every connection."""
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._carry(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, _CutError):
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self.upstream)
        committed: asyncio.Queue[str] = asyncio.Queue()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._to_server(reader, server_writer, committed))
                group.create_task(self._to_client(server_reader, writer, committed))
        except* (ConnectionError, asyncio.IncompleteReadError, _CutError):
            pass
        finally:
            server_writer.transport.abort()

    async def _to_server(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        committed: asyncio.Queue[str],
    ) -> None:
        while True:
            head = await reader.readexactly(8)
            length, code = struct.unpack("!II", head)
            writer.write(head + await reader.readexactly(length - 8))
            if code not in {SSL_REQUEST, CANCEL_REQUEST}:
                break
        traffic = _Traffic()
        while True:
            kind = await reader.readexactly(1)
            size = await reader.readexactly(4)
            body = await reader.readexactly(struct.unpack("!I", size)[0] - 4)
            name = _note(traffic, kind, body)
            if name is not None:
                await self._meet(Point(name, "before"))
                committed.put_nowait(name)
            writer.write(kind + size + body)
            await writer.drain()

    async def _to_client(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        committed: asyncio.Queue[str],
    ) -> None:
        while answer := await reader.read(1 << 16):
            # A worker waits for its COMMIT's answer: what comes next is that answer.
            while not committed.empty():
                await self._meet(Point(committed.get_nowait(), "after"))
            writer.write(answer)
            await writer.drain()
        raise _CutError

    async def _meet(self, point: Point) -> None:
        match await self._script.at(point):
            case Hold(seconds=seconds):
                await asyncio.sleep(seconds)
            case Cut():
                raise _CutError


class _CutError(Exception):
    """The connection is to break here."""


def _note(traffic: _Traffic, kind: bytes, body: bytes) -> str | None:
    """Keep what a message says; return the name of what it commits."""
    match kind:
        case b"P":
            name, text = body.split(b"\0", 2)[:2]
            traffic.statements[name] = text
        case b"B":
            name, values = _bound(body)
            text = traffic.statements.get(name, b"")
            if not traffic.is_in_transaction:
                return name_transaction([text], [values])
            traffic.sent.append(text)
            traffic.bound.append(values)
        case b"Q":
            found = None
            if body.startswith(b"COMMIT"):
                found = name_transaction(traffic.sent, traffic.bound)
            traffic.is_in_transaction = body.startswith(b"BEGIN")
            traffic.forget()
            return found
    return None


def _bound(body: bytes) -> tuple[bytes, list[bytes]]:
    """Return the statement that a Bind message names, and its values; NULLs are left out."""
    _, name, rest = body.split(b"\0", 2)
    (formats,) = struct.unpack_from("!H", rest)
    at = 2 + 2 * formats
    (count,) = struct.unpack_from("!H", rest, at)
    at += 2
    values = []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", rest, at)
        at += 4
        if size >= 0:
            values.append(rest[at : at + size])
            at += size
    return name, values


def name_transaction(sent: Sequence[bytes], bound: Sequence[Sequence[bytes]]) -> str | None:
    """Name a transaction by what it writes; None for one that only reads."""
    for text, values in zip(sent, bound, strict=True):
        if named := re.search(rb"/\* ([\w ]+) \*/", text):
            name = named.group(1).decode()
            return f"{name} {_one_of(STAGES, values)}" if name.endswith("stage") else name
        if b"INTO request_events" in text:
            return f"commit of {_one_of(EVENT_KINDS, values)}"
    writes = {found.decode() for text in sent for found in WRITES.findall(text)}
    return f"commit of {' and '.join(sorted(writes))}" if writes else None


def _one_of(names: Sequence[str], values: Sequence[bytes]) -> str:
    return next((name for name in names if name.encode() in values), "something unknown")
