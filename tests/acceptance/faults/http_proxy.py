"""Stands between a worker and an HTTP server, and does what the script says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from tests.acceptance.faults.script import Cut, Fault, Hold, Point, Refuse, Script, Side

HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class HttpProxy:
    """A reverse proxy on loopback whose calls are points of a script."""

    def __init__(
        self, upstream: str, script: Script, name_of: Callable[[web.Request, bytes], str | None]
    ) -> None:
        """Prepare a proxy.

        Args:
            upstream: `http://HOST:PORT` of the server.
            script: What goes wrong.
            name_of: Names a call; None for one that is no point.
        """
        self._upstream = URL(upstream)
        self._script = script
        self._name_of = name_of
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self.host = ""

    async def start(self) -> None:
        """Listen on a free port."""
        self._session = aiohttp.ClientSession(
            auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None)
        )
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{rest:.*}", self._pass)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.host = "{}:{}".format(*self._runner.addresses[0][:2])

    async def stop(self) -> None:
        """Close every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        name = self._name_of(request, body)
        if name is None:
            return await self._forward(request, body)
        if (answer := await self._meet(request, name, "before")) is not None:
            return answer
        if await self._script.at(Point(name, "half")) is not None:
            await self._send_half(request, body)
            return _cut(request)
        response = await self._forward(request, body)
        if name == "pull" and "receivedMessages" not in (response.text or ""):
            return response
        return await self._meet(request, name, "after") or response

    async def _meet(self, request: web.Request, name: str, side: Side) -> web.StreamResponse | None:
        fault: Fault | None = await self._script.at(Point(name, side))
        match fault:
            case Cut():
                return _cut(request)
            case Hold(seconds=seconds):
                await asyncio.sleep(seconds)
            case Refuse(status=status, headers=headers):
                body = {"error": {"code": status, "message": "scripted", "status": "SCRIPTED"}}
                return web.json_response(body, status=status, headers=dict(headers))
        return None

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        assert self._session is not None
        headers = CIMultiDict(
            (key, value) for key, value in request.headers.items() if key.lower() not in HOP_HEADERS
        )
        async with self._session.request(
            request.method, self._target(request), data=BytesIO(body), headers=headers
        ) as answer:
            kept = CIMultiDict(
                (key, value)
                for key, value in answer.headers.items()
                if key.lower() not in HOP_HEADERS
            )
            content = await answer.read()
            if answer.ok and _is_upload(request):
                self._script.stored[_object_in(request, body)] += 1
            return web.Response(status=answer.status, body=content, headers=kept)

    def _target(self, request: web.Request) -> URL:
        return URL(f"{self._upstream}{request.raw_path}", encoded=True)

    async def _send_half(self, request: web.Request, body: bytes) -> None:
        """Let the server see the head and half of the body, then hang up on it."""
        assert self._upstream.host is not None
        _, writer = await asyncio.open_connection(self._upstream.host, self._upstream.port)
        lines = [f"{request.method} {request.raw_path} HTTP/1.1"]
        lines += [f"{key}: {value}" for key, value in request.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body[: len(body) // 2])
        try:
            with suppress(ConnectionError):
                await writer.drain()
            await asyncio.sleep(0.05)
        finally:
            writer.transport.abort()


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def name_pubsub_call(request: web.Request, _: bytes) -> str | None:
    """Name a call to the broker."""
    found = re.search(r"/(topics|subscriptions)/([^/:]+):(\w+)$", request.path)
    if found is None:
        return None
    kind, resource, verb = found.groups()
    if kind == "topics":
        return f"publish to {resource.rsplit('-', maxsplit=1)[-1]}"
    if verb == "testIamPermissions":
        return None  # the preflight asks, no request does
    return {"acknowledge": "ack", "modifyAckDeadline": "extend"}.get(verb, verb)


def name_storage_call(request: web.Request, body: bytes) -> str | None:
    """Name a call to the object store by what it does to which object."""
    if request.method == "DELETE":
        # The preflight's probes are no part of a request's path.
        return None if "/o/preflight/" in request.path else "delete object"
    if not _is_upload(request):
        return None
    name = _object_in(request, body)
    for prefix, kind in (("cache/narration/", "a sentence"), ("cache/segments/", "a segment")):
        if name.startswith(prefix):
            return f"upload {kind}"
    return f"upload {name.rsplit('/', maxsplit=1)[-1]}" if name.startswith("lessons/") else None


def _is_upload(request: web.Request) -> bool:
    return request.method == "POST" and request.path.startswith("/upload/")


def _object_in(request: web.Request, body: bytes) -> str:
    return request.query.get("name") or _name_in(body)


def _name_in(body: bytes) -> str:
    """Return the object's name out of a multipart upload."""
    found = re.search(rb'"name":\s*"([^"]+)"', body[:2000])
    return found.group(1).decode() if found else ""
