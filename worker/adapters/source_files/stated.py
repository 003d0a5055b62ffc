"""What a file, or an operator, says about whose a text is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import cast

from worker.lessons.source_errors import Refusal, SourceRefusedError
from worker.lessons.source_text import Attribution, in_one_line

LONGEST = {"title": 300, "licence": 100, "author": 500, "url": 500, "language": 16}
"""Characters: what the columns hold, and what a list of sources can show."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_GRADES = re.compile(r"(1[0-2]|[1-9])(?:\s*[-–]\s*(1[0-2]|[1-9]))?")  # noqa: RUF001  # as people write
_WANTS_THE_AUTHOR = re.compile(r"\bBY\b")

_NAMES = {
    "title": ("title", "dc.title", "dcterms.title", "og:title"),
    "licence": (
        *("licence", "license", "rights", "dc.rights", "dcterms.rights", "dcterms.license"),
        *("dc.license", "copyright"),
    ),
    "author": ("author", "authors", "creator", "dc.creator", "dcterms.creator"),
    "url": ("url", "source", "canonical", "og:url"),
    "language": ("language", "lang", "dc.language"),
    "grades": ("grades", "grade"),
}
"""Under which names files state a thing, the plainest first."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated; empty where nothing is."""

    title: str = ""
    licence: str = ""
    author: str = ""
    url: str = ""
    language: str = ""
    grades: str = ""


def stated_in(found: Mapping[str, str]) -> Stated:
    """Read what a file states, its names in lower case."""
    values = {
        thing: next((in_one_line(found[name]) for name in names if found.get(name)), "")
        for thing, names in _NAMES.items()
    }
    return Stated(**values)


def attribution_of(file: str, given: Stated, stated: Stated, heading: str) -> Attribution:
    """Join what an operator gives and what the file states; what is given wins.

    Args:
        file: Its path as it was given.
        given: What the operator says.
        stated: What the file says.
        heading: The title where neither names one: the file's first heading, or its name.

    Raises:
        SourceRefusedError: There is no licence, or something that cannot be used.
    """
    joined = {
        field.name: in_one_line(
            cast("str", getattr(given, field.name) or getattr(stated, field.name))
        )
        for field in fields(Stated)
    }
    joined["title"] = joined["title"] or heading
    joined["language"] = joined["language"] or "en"
    _check(file, joined)
    return Attribution(
        title=joined["title"],
        licence=joined["licence"],
        author=joined["author"],
        url=joined["url"],
        language=joined["language"],
        grades=_grades(file, joined["grades"]),
    )


def _check(file: str, joined: Mapping[str, str]) -> None:
    if not joined["licence"]:
        raise SourceRefusedError(
            Refusal.NO_LICENCE,
            file,
            "names no licence",
            'give --licence "CC BY 4.0", or write "licence: CC BY 4.0" at the top of the file',
        )
    if _WANTS_THE_AUTHOR.search(joined["licence"]) and not joined["author"]:
        raise _bad(
            file, f"names no author, and {joined['licence'][:40]} wants one named", "give --author"
        )
    for thing, most in LONGEST.items():
        if len(joined[thing]) > most:
            raise _bad(
                file,
                f"has a {thing} of {len(joined[thing])} characters, {most} are kept",
                f"give a shorter --{thing}",
            )
    if not _LANGUAGE.fullmatch(joined["language"]):
        raise _bad(file, "names no language that is one", "give --language en, or another tag")
    if joined["url"] and not re.match(r"https?://", joined["url"]):
        raise _bad(file, "has an address that is none", "give --url https://…")


def _grades(file: str, written: str) -> tuple[int, int] | None:
    if not written:
        return None
    found = _GRADES.fullmatch(written)
    if found is None or int(found[1]) > int(found[2] or found[1]):
        raise _bad(file, "names no grades from 1 to 12", "give --grades 6-8, or --grades 7")
    return int(found[1]), int(found[2] or found[1])


def _bad(file: str, message: str, hint: str) -> SourceRefusedError:
    return SourceRefusedError(Refusal.BAD_ATTRIBUTION, file, message, hint)
