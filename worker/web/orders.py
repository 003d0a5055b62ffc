"""What the page's forms order: a lesson, an answer, a replay, a log-in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from worker.lessons.ask import Ask
from worker.lessons.dead_letter import Outcome
from worker.web.ask_form import FormError, read_ask
from worker.web.guards import SESSION, keep_session
from worker.web.keys import Keys
from worker.web.pages import Pages, id_in
from worker.web.ports import PagePorts
from worker.web.views import Views

_OWN_PATH = re.compile(r"/(?:[A-Za-z0-9_\-][A-Za-z0-9_\-/.?=&]*)?")


@dataclass(frozen=True, slots=True)
class Orders:
    """Answers every POST, and the form of the log-in."""

    ports: PagePorts
    views: Views
    pages: Pages
    keys: Keys

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """Ask for a lesson."""
        fields = await _texts(request)
        try:
            ask = read_ask(fields)
        except FormError as error:
            return await self.pages.form(request, fields, error.advice)
        raise _seen_at(await self.ports.submit(ask))

    async def choose(self, request: web.Request) -> web.StreamResponse:
        """Ask again, with one of the questions that a request ended with."""
        request_id = id_in(request)
        record = await self.ports.records.read(request_id)
        asked = await self.ports.requests.asked(request_id)
        chosen = (await _texts(request)).get("question", "")
        if record is None or asked is None or chosen not in record.questions:
            raise web.HTTPNotFound(text="The request does not ask that.")
        ask = Ask(
            query=chosen,
            grade_level=asked.grade_level,
            interest=asked.interest,
            duration_seconds=asked.duration_seconds,
            modalities=asked.modalities,
            language=asked.language,
            student_id=asked.student_id,
            organization_id=asked.organization_id,
            pictures=asked.pictures,
        )
        raise _seen_at(await self.ports.submit(ask))

    async def replay(self, request: web.Request) -> web.StreamResponse:
        """Enqueue what a dead letter asked for."""
        answer = await self.ports.letters.replay(id_in(request))
        if answer.outcome is Outcome.UNKNOWN:
            raise web.HTTPNotFound(text="There is no such dead letter.")
        if answer.outcome is Outcome.REFUSED:
            raise web.HTTPConflict(text=f"The dead letter was not replayed: {answer.why}.")
        if answer.request_id is not None:
            raise _seen_at(answer.request_id)
        raise web.HTTPSeeOther("/dead-letters")

    async def ask_who(self, request: web.Request) -> web.Response:
        """Show the form of the log-in."""
        if self.keys.is_open:
            raise web.HTTPSeeOther("/")
        return self._log_in_form(request, request.query.get("next", "/"))

    async def log_in(self, request: web.Request) -> web.StreamResponse:
        """Let in whoever knows the token."""
        fields = await _texts(request)
        wanted = fields.get("next", "/")
        if not self.keys.accepts(fields.get("token", "")):
            return self._log_in_form(request, wanted, is_wrong=True)
        answer = web.HTTPSeeOther(wanted if _OWN_PATH.fullmatch(wanted) else "/")
        keep_session(answer, request, self.keys)
        raise answer

    async def log_out(self, _: web.Request) -> web.StreamResponse:
        """Forget the log-in."""
        answer = web.HTTPSeeOther("/login")
        answer.del_cookie(SESSION)
        raise answer

    def _log_in_form(
        self, request: web.Request, wanted: str, *, is_wrong: bool = False
    ) -> web.Response:
        status = 403 if is_wrong else 200
        return self.views.page(request, "login.html", status, wanted=wanted, is_wrong=is_wrong)


async def _texts(request: web.Request) -> dict[str, str]:
    """Return the fields of a form; files are none of ours."""
    fields = await request.post()
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _seen_at(request_id: UUID) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/requests/{request_id}")
