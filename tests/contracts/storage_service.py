"""Cloud Storage's resumable uploads as its documentation describes them, with scripted faults.

fake-gcs-server takes the question how far an upload has come for its end, so that nothing can be
taken up again there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from worker.adapters.stored_checksum import RunningChecksum

QUANTUM = 256 * 1024
Fault = Callable[["StorageService", web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class StorageService:
    """One bucket's uploads.

    Attributes:
        faults: What the n-th PUT meets instead of an answer, from 0.
        ranges: The Content-Range of every PUT.
        begun: How many sessions were opened.
        objects: What has been stored whole.
    """

    faults: dict[int, Fault] = field(default_factory=dict)
    ranges: list[str] = field(default_factory=list)
    begun: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    described: Mapping[str, Any] = field(default_factory=dict)
    received: bytearray = field(default_factory=bytearray)
    url: str = ""

    def app(self) -> web.Application:
        """Return the server."""
        app = web.Application(client_max_size=1 << 30)
        app.router.add_post("/upload/storage/v1/b/{bucket}/o", self._begin)
        app.router.add_put("/session/{number}", self._take)
        return app

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        assert request.query["uploadType"] == "resumable"
        self.described = await request.json()
        assert request.headers["X-Upload-Content-Type"] == self.described["contentType"]
        self.begun += 1
        self.received.clear()
        return web.Response(headers={"Location": f"{self.url}/session/{self.begun}"})

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.ranges.append(request.headers["Content-Range"])
        fault = self.faults.pop(len(self.ranges) - 1, None)
        if fault is not None:
            return await fault(self, request)
        if request.match_info["number"] != str(self.begun):
            return web.Response(status=404)
        return self.store(request, await request.read())

    def store(self, request: web.Request, content: bytes) -> web.StreamResponse:
        """Add what came to what is there, and say how far it is."""
        found = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)", request.headers["Content-Range"])
        assert found is not None
        total = int(found.group(3))
        if found.group(1) is not None:
            first, last = int(found.group(1)), int(found.group(2))
            assert first <= len(self.received), "no chunk leaves a gap"
            assert last - first + 1 == len(content)
            assert (last + 1) % QUANTUM == 0 or last + 1 == total
            # The service ignores bytes that it has: a client may send a chunk once more.
            self.received += content[len(self.received) - first :]
        if len(self.received) < total:
            confirmed = {"Range": f"bytes=0-{len(self.received) - 1}"} if self.received else {}
            return web.Response(status=308, headers=confirmed)
        return self._finish()

    def _finish(self) -> web.StreamResponse:
        checksum = RunningChecksum()
        checksum.add(bytes(self.received))
        if checksum.text != self.described["crc32c"]:
            return web.json_response({"error": {"message": "checksum"}}, status=400)
        self.objects[self.described["name"]] = bytes(self.received)
        return web.json_response({"size": str(len(self.received)), "crc32c": checksum.text})


def refuse(status: int) -> Fault:
    """Return a fault: nothing is taken, and the caller gets this status."""

    async def fault(_: StorageService, request: web.Request) -> web.StreamResponse:
        await request.read()
        return web.Response(status=status)

    return fault


async def cut_before(_: StorageService, request: web.Request) -> web.StreamResponse:
    """Hang up before anything is taken."""
    return _hang_up(request)


async def cut_half_way(service: StorageService, request: web.Request) -> web.StreamResponse:
    """Take half a chunk, as far as it is whole, and hang up."""
    content = await request.content.read(-1)
    first = int(request.headers["Content-Range"].removeprefix("bytes ").split("-")[0])
    half = content[: len(content) // 2 // QUANTUM * QUANTUM]
    service.received += half[len(service.received) - first :]
    return _hang_up(request)


async def cut_after(service: StorageService, request: web.Request) -> web.StreamResponse:
    """Take the chunk whole, and hang up instead of saying so."""
    service.store(request, await request.read())
    return _hang_up(request)


def _hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response(status=500)
