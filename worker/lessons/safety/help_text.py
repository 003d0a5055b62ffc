"""What a student reads instead of a lesson: kind, plain, and with a way to people who help."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from worker.lessons.language import LESSON_LANGUAGE, tongue_of
from worker.lessons.safety.harm import Harm

TEXTS = "help_texts.toml"


def help_text(harm: Harm, language: str) -> str:
    """Return the text for a harm, in a request's language where there is one, else in English.

    Args:
        harm: What the question speaks of.
        language: A BCP 47 tag. Its region, where it has one, chooses the helpline; without one,
            or where no number was verified, the text names where helplines are listed.
    """
    texts = _table()["texts"]
    tongue = tongue_of(language) if tongue_of(language) in texts else LESSON_LANGUAGE
    text = str(texts[tongue][harm.value])
    return text.replace("{line}", _line(tongue, region_of(language)))


def region_of(language: str) -> str | None:
    """Return the region of a tag, as `US` of `en-US` or `es-Latn-US`; None where it has none."""
    parts = language.split("-")[1:]
    return next((part.upper() for part in parts if len(part) == 2 and part.isalpha()), None)  # noqa: PLR2004  # ISO 3166


def _line(tongue: str, region: str | None) -> str:
    found = (one[tongue] for one in _table()["lines"] if one["region"] == region and tongue in one)
    return str(next(found, _table()["texts"][tongue]["anywhere"]))


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / TEXTS).read_text("utf-8"))
