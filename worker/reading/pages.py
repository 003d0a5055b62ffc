"""The page written out: as HTML that needs nothing beside it, and as Markdown."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from worker.layout.theme import theme_for
from worker.lessons.look import Appearance
from worker.reading.page import ReadingPage

HTML_PAGE, MARKDOWN_PAGE = "lesson.html", "lesson.md"


def write_html(page: ReadingPage) -> str:
    """Return the page as one HTML file: style and pictures are inside it, and no script is.

    It has no address of anything elsewhere but of sources, to be followed by hand.
    """
    looks = [theme_for(page.subject, one).page for one in (Appearance.LIGHT, Appearance.DARK)]
    light, dark = looks
    return _templates().get_template("lesson.html").render(page=page, light=light, dark=dark)


def write_markdown(page: ReadingPage) -> str:
    """Return the page as Markdown (CommonMark); its pictures are files beside it."""
    text = _templates().get_template("lesson.md").render(page=page)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def embedded_svg(svg: str) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode('ascii')}"


def escape_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def with_full_stop(text: str) -> str:
    """Return a text that ends as a sentence does."""
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def link_to(address: str) -> str:
    """Return an address that a page may lead to, or nothing: it comes from somebody's source."""
    if urlsplit(address).scheme.lower() not in {"http", "https"}:
        return ""
    return quote(address, safe=":/?#[]@!$&'()*+,;=%~")


_MARKUP = re.compile(r"[\\`*_\[\]<|~&]|^[-+=#>]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
"""What Markdown may read as markup: some signs anywhere, a list's and a heading's at the start."""


@lru_cache(maxsize=1)
def _templates() -> Environment:
    """The templates; what goes into HTML is escaped, what goes into Markdown says how itself."""
    found = Environment(
        loader=PackageLoader("worker.reading"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "embedded": embedded_svg,
        "ended": with_full_stop,
        "link": link_to,
        "md": escape_markdown,
    }
    return found
