"""What is streamed: the files of a lesson, in any part, and the progress of a request."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from uuid import UUID

from aiohttp import web

from worker.lessons.standing import Standing, remaining_seconds
from worker.pipeline.publish_lesson import CONTENT_TYPES
from worker.web.byte_ranges import Part, UnsatisfiableRangeError, wanted_part
from worker.web.pages import id_in
from worker.web.ports import PagePorts
from worker.web.views import STATUS_WORDS

POLL_SECONDS = 0.5
SILENCE_SECONDS = 15.0
"""After so long without a change a comment is sent: what stands between cuts silent streams."""

PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-popups"
)
"""A lesson's page has its style and its pictures inside; in a sandbox it is of no origin, and
whatever it might hold reaches nothing of ours."""

MOST_STREAMS = 100
"""Followers at once; each reads its request twice a second. (ours)"""


@dataclass(slots=True)
class Streams:
    """Answers for files, and for `text/event-stream`.

    Attributes:
        closing: Set when the page ends: streams end with it.
    """

    ports: PagePorts
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _open: int = 0

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Answer with a file of a lesson, or the part that is asked for."""
        role = request.match_info["name"]
        record = await self.ports.records.read(id_in(request))
        content_type = CONTENT_TYPES.get(PurePosixPath(role).suffix)
        if record is None or role not in record.objects or content_type is None:
            raise web.HTTPNotFound(text="The lesson has no such file.")
        try:
            return await self._answer(request, record.objects[role], content_type)
        except FileNotFoundError:
            raise web.HTTPNotFound(text="The file is no longer in the bucket.") from None

    async def _answer(
        self, request: web.Request, name: str, content_type: str
    ) -> web.StreamResponse:
        known = await self.ports.media.describe(name)
        headers = {
            "Content-Type": content_type,
            "ETag": known.etag,
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=86400",
        }
        if content_type.startswith("text/html"):
            headers["Content-Security-Policy"] = PAGE_POLICY
        if "download" in request.query:
            headers["Content-Disposition"] = f'attachment; filename="{request.match_info["name"]}"'
        if request.headers.get("If-None-Match", "").strip() == known.etag:
            return web.Response(status=304, headers=headers)
        try:
            part = wanted_part(
                request.headers.get("Range"),
                request.headers.get("If-Range"),
                known.etag,
                known.size,
            )
        except UnsatisfiableRangeError:
            headers["Content-Range"] = f"bytes */{known.size}"
            return web.Response(status=416, headers=headers)
        if part is not None:
            headers["Content-Range"] = f"bytes {part.first}-{part.last}/{known.size}"
        answer = web.StreamResponse(status=200 if part is None else 206, headers=headers)
        part = part or Part(0, known.size - 1)
        answer.content_length = part.last - part.first + 1
        return await self._send(request, answer, name, part)

    async def _send(
        self, request: web.Request, answer: web.StreamResponse, name: str, part: Part
    ) -> web.StreamResponse:
        # A player closes the connection whenever its user seeks: that is no fault.
        with contextlib.suppress(ConnectionResetError):
            await answer.prepare(request)
            if request.method != "HEAD" and part.last >= part.first:
                async for piece in self.ports.media.read(name, part.first, part.last):
                    await answer.write(piece)
            await answer.write_eof()
        return answer

    async def progress(self, request: web.Request) -> web.StreamResponse:
        """Send how far a request is whenever that changes, until it is ended."""
        request_id = id_in(request)
        standing = await self.ports.requests.standing(request_id)
        if standing is None:
            raise web.HTTPNotFound(text="There is no such request.")
        if self._open >= MOST_STREAMS:
            raise web.HTTPServiceUnavailable(text="Too many pages follow requests. Reload soon.")
        answer = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        self._open += 1
        try:
            with contextlib.suppress(ConnectionResetError):  # its reader may leave at any time
                await answer.prepare(request)
                await self._follow(answer, request_id, standing)
        finally:
            self._open -= 1
        return answer

    async def _follow(
        self, answer: web.StreamResponse, request_id: UUID, standing: Standing | None
    ) -> None:
        usual = await self.ports.requests.usual_seconds(request_id)
        sent, silence = b"", 0.0
        while standing is not None:
            event = _event(standing, remaining_seconds(standing, usual))
            silence = 0.0 if event != sent else silence + POLL_SECONDS
            if event != sent:
                await answer.write(event)
                sent = event
            elif silence >= SILENCE_SECONDS:
                await answer.write(b": still here\n\n")
                silence = 0.0
            if standing.status.is_end or await self._is_closing_within(POLL_SECONDS):
                return
            standing = await self.ports.requests.standing(request_id)

    async def _is_closing_within(self, seconds: float) -> bool:
        try:
            return await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return False


def _event(standing: Standing, remaining: float | None) -> bytes:
    """Return an event; elapsed seconds are whole, so that it changes once a second at most."""
    body = {
        "status": standing.status.value,
        "words": STATUS_WORDS[standing.status],
        "percentage": standing.percentage,
        "elapsed_seconds": int(standing.elapsed_seconds),
        "remaining_seconds": None if remaining is None else round(remaining),
    }
    name = "end" if standing.status.is_end else "progress"
    return f"event: {name}\ndata: {json.dumps(body)}\n\n".encode()
