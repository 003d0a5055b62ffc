"""The pages that are read: the form, a request, a lesson, the lists."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from worker.lessons.dead_letter import LetterFilter
from worker.lessons.look import Shape
from worker.lessons.request import Modality
from worker.lessons.request_record import RequestFilter, RequestRecord
from worker.lessons.stage import Status
from worker.lessons.standing import remaining_seconds
from worker.web.ask_form import LENGTHS, empty_form
from worker.web.lesson_view import READ_WHOLE, read_lesson
from worker.web.ports import PagePorts
from worker.web.quality_view import QUALITY_REPORT, read_quality
from worker.web.views import Views

LONGEST_LIST = 50
LATEST = 6
AGES = {"": None, "1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}
GROUPS = {
    "": (),
    "working": tuple(status for status in Status if not status.is_end),
    "ready": (Status.COMPLETED,),
    "asks": (Status.CLARIFICATION_NEEDED, Status.OUT_OF_SCOPE, Status.UNSAFE),
    "failed": (Status.FAILED, Status.CANCELLED),
}
"""What the list can be narrowed to, by the name in its address."""

OPTIONS = ("shape", "appearance", "captions")
"""Fields that wait behind the form's options until one of them is chosen."""

TIMED = frozenset({"lesson.mp4", "lesson.m4a"})
"""Files that a second of the lesson can be looked up in."""

LARGEST_READ = 2 * 1024 * 1024
"""Bytes of a file that the page holds whole; storyboards have some ten thousand."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Answers every GET but those of files and streams."""

    ports: PagePorts
    views: Views

    async def ask(self, request: web.Request) -> web.Response:
        """Show the form, and what was asked for lately."""
        return await self.form(request, request.query, {})

    async def form(
        self, request: web.Request, given: Mapping[str, str], advice: Mapping[str, str]
    ) -> web.Response:
        """Show the form as it was filled in, with advice where it cannot be used."""
        empty = empty_form(self.ports.look)
        fields = empty | {name: given[name] for name in empty if name in given}
        latest = await self.ports.records.find(RequestFilter(), LATEST)
        return self.views.page(
            request,
            "ask.html",
            422 if advice else 200,
            fields=fields,
            has_options=any(fields[name] != empty[name] for name in OPTIONS),
            advice=advice,
            latest=latest,
            lengths=LENGTHS,
            modalities=tuple(Modality),
            topics=self.ports.topics,
            interests=self.ports.interests,
        )

    async def show(self, request: web.Request) -> web.Response:
        """Show a request: on its way, as a lesson, or why there is none."""
        request_id = id_in(request)
        record, asked, standing = await asyncio.gather(
            self.ports.records.read(request_id),
            self.ports.requests.asked(request_id),
            self.ports.requests.standing(request_id),
        )
        if record is None or asked is None or standing is None:
            raise web.HTTPNotFound(text="There is no such request. The list has them all.")
        status = record.summary.status
        content: dict[str, Any] = {
            "record": record,
            "asked": asked,
            "status": status,
            "standing": standing,
        }
        if status is Status.COMPLETED:
            lesson = read_lesson(await self._files(record, READ_WHOLE))
            is_tall = asked.pictures.look(self.ports.look).shape is Shape.PORTRAIT
            return self.views.page(
                request, "lesson.html", lesson=lesson, is_tall=is_tall, **content
            )
        usual = await self.ports.requests.usual_seconds(request_id)
        remaining = remaining_seconds(standing, usual)
        return self.views.page(request, "request.html", remaining=remaining, **content)

    async def list(self, request: web.Request) -> web.Response:
        """Show the newest requests, narrowed as the address says."""
        group, age = request.query.get("show", ""), request.query.get("since", "")
        organization = request.query.get("organization", "").strip()
        if group not in GROUPS or age not in AGES:
            raise web.HTTPNotFound(text="There is no such filter.")
        wanted = RequestFilter(GROUPS[group], AGES[age], organization or None)
        found, counts = await asyncio.gather(
            self.ports.records.find(wanted, LONGEST_LIST), self.ports.records.count(wanted)
        )
        return self.views.page(
            request,
            "requests.html",
            found=found,
            total=sum(counts.values()),
            group=group,
            age=age,
            organization=organization,
            groups=tuple(GROUPS),
            ages=tuple(AGES),
        )

    async def letters(self, request: web.Request) -> web.Response:
        """Show the dead letters that wait."""
        found = await self.ports.letters.find(LetterFilter(), LONGEST_LIST)
        return self.views.page(request, "letters.html", found=found)

    async def quality(self, request: web.Request) -> web.Response:
        """Show what was measured of a lesson, check by check."""
        record = await self.ports.records.read(id_in(request))
        files = {} if record is None else await self._files(record, (QUALITY_REPORT,))
        quality = read_quality(files)
        if record is None or quality is None:
            raise web.HTTPNotFound(text="There is no lesson here with a quality report.")
        is_timed = bool(TIMED & record.objects.keys())
        return self.views.page(
            request, "quality.html", record=record, quality=quality, is_timed=is_timed
        )

    async def _files(self, record: RequestRecord, wanted: Sequence[str]) -> dict[str, bytes]:
        """Return those of the wanted files that the lesson has."""
        names = [name for name in wanted if name in record.objects]
        contents = await asyncio.gather(*(self._whole(record.objects[name]) for name in names))
        return dict(zip(names, contents, strict=True))

    async def _whole(self, name: str) -> bytes:
        known = await self.ports.media.describe(name)
        if not 0 < known.size <= LARGEST_READ:
            return b""
        return b"".join([piece async for piece in self.ports.media.read(name, 0, known.size - 1)])


def id_in(request: web.Request) -> UUID:
    """Return the id in the address; the route lets nothing else through."""
    return UUID(request.match_info["id"])
