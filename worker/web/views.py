"""Templates in, answers out; everything that a student wrote is escaped on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from worker.lessons.stage import ANSWERS, Status
from worker.lessons.stage_words import ANSWER_WORDS, STAGE_WORDS
from worker.web.keys import Keys

VISITOR_KEY = web.RequestKey("visitor", str)
"""Under which a request carries the cookie that its forms are signed for."""

MICROS = 1_000_000
HUNDREDTH = MICROS // 100
MINUTE, HOUR, DAY = 60, 3600, 86_400

STATUS_WORDS = {
    **STAGE_WORDS,
    Status.COMPLETED: "Ready",
    Status.CLARIFICATION_NEEDED: "Asks back",
    Status.OUT_OF_SCOPE: "No lesson yet",
    Status.UNSAFE: "Answered with help",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
}

DOWNLOAD_WORDS = {
    "lesson.mp4": "Video",
    "lesson.m4a": "Audio",
    "lesson.html": "Page to read and to print",
    "lesson.md": "Page as Markdown",
    "captions.vtt": "Captions",
    "transcript.md": "Transcript",
    "descriptive_transcript.md": "Transcript with what is shown",
    "poster.png": "Title picture",
}
"""What a teacher may want to keep; every other file is for programs."""

FAULT_TITLES = {
    403: "This form cannot be used",
    404: "There is no such page",
    429: "Slow down, please",
    500: "Something went wrong",
    503: "Not available right now",
}


class Views:
    """Renders the templates of `worker/web/templates`."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._templates = Environment(
            loader=PackageLoader("worker.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "clock": clock,
            "money": money,
            "about_money": about_money,
            "ago": ago,
            "tone": tone,
        }
        self._templates.globals |= {
            "status_words": STATUS_WORDS,
            "answer_words": ANSWER_WORDS,
            "download_words": DOWNLOAD_WORDS,
            "shows_log_out": not keys.is_open,
        }

    def page(
        self, request: web.Request, template: str, http_status: int = 200, **content: Any
    ) -> web.Response:
        """Return a page.

        Args:
            request: Whose visitor the page's forms are signed for.
            template: Its file.
            http_status: The answer's code.
            **content: What the template shows.
        """
        visitor = request.get(VISITOR_KEY, "")
        html = self._templates.get_template(template).render(
            form_token=self._keys.form_token(visitor), path=request.path, **content
        )
        return web.Response(text=html, status=http_status, content_type="text/html")

    def fault(self, request: web.Request, status: int, advice: str) -> web.Response:
        """Return the page of an error: what happened, and what to do."""
        title = FAULT_TITLES.get(status, "That did not work")
        return self.page(request, "fault.html", status, title=title, advice=advice, code=status)


def clock(seconds: float) -> str:
    """Return a time as a player shows it: 1:05."""
    return f"{int(seconds) // MINUTE}:{int(seconds) % MINUTE:02}"


def money(micros: int) -> str:
    """Return an amount of the price table's currency."""
    return f"{micros / MICROS:.6f}".rstrip("0").rstrip(".")


def about_money(micros: int) -> str:
    """Return an amount as a list needs it: two places, and no row of zeros."""
    return f"{micros / MICROS:.2f}" if micros >= HUNDREDTH else "under 0.01"


def ago(moment: datetime) -> str:
    """Return how long ago something was."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for name, length in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= length:
            return f"{int(seconds // length)} {name} ago"
    return "just now"


def tone(status: Status) -> str:
    """Return how a status is coloured; its words say the same."""
    if status is Status.COMPLETED:
        return "good"
    if status in ANSWERS:
        return "asks"
    return "bad" if status.is_end else "busy"
