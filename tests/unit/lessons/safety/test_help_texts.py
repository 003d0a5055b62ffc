"""What a student reads instead of a lesson: plain, kind, and with help that is really there."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from worker.lessons.readability import reading_grade
from worker.lessons.safety.harm import Harm
from worker.lessons.safety.help_text import TEXTS, help_text, region_of

TABLE: dict[str, Any] = tomllib.loads(
    (files("worker.lessons.safety") / TEXTS).read_text(encoding="utf-8")
)
IN_NEED = [Harm.SELF_HARM, Harm.DANGER]
HARDEST_GRADE = 6.0
"""A text that a child of ten reads; the lowest grade's own bound would leave no "counselor"."""


@pytest.mark.parametrize("tongue", sorted(TABLE["texts"]))
def test_every_language_has_a_text_for_every_harm(tongue: str) -> None:
    assert TABLE["texts"][tongue].keys() == {"anywhere", *(harm.value for harm in Harm)}


@pytest.mark.parametrize("harm", list(Harm))
def test_a_text_reads_easily_in_english(harm: Harm) -> None:
    sentences = re.split(r"(?<=[.!?]) ", help_text(harm, "en"))
    assert reading_grade(sentences) <= HARDEST_GRADE
    assert len(sentences) >= 3


@pytest.mark.parametrize("harm", IN_NEED)
@pytest.mark.parametrize(
    ("language", "adult", "emergency"),
    [
        ("en", "talk to an adult you trust", "emergency number"),
        ("es", "adulto de confianza", "número de emergencias"),
    ],
)
def test_who_is_in_need_is_led_to_an_adult_and_to_help_at_once(
    harm: Harm, language: str, adult: str, emergency: str
) -> None:
    text = help_text(harm, language)
    assert adult in text or "tell an adult you trust" in text
    assert emergency in text


@pytest.mark.parametrize("harm", [*IN_NEED, Harm.UNFIT])
@pytest.mark.parametrize(
    ("language", "named"),
    [
        ("en-US", "988"),
        ("es-US", "988"),
        ("en-GB", "0800 1111"),
        ("en-CA", "686868"),
        ("en-AU", "1800 55 1800"),
        ("en", "findahelpline.com"),
        ("en-NZ", "findahelpline.com"),
        ("es-MX", "findahelpline.com"),
        ("fr-CA", "686868"),
        ("tlh", "findahelpline.com"),
    ],
)
def test_a_helpline_is_named_where_one_is_verified_and_else_where_to_find_one(
    harm: Harm, language: str, named: str
) -> None:
    text = help_text(harm, language)
    assert named in text
    assert "{" not in text


def test_a_number_stands_nowhere_but_in_the_lines_that_name_a_source() -> None:
    for texts in TABLE["texts"].values():
        assert not any(re.search(r"\d", text) for text in texts.values())
    for line in TABLE["lines"]:
        assert line["source"]
        assert line["read_on"].year >= 2026


@pytest.mark.parametrize("language", ["fr", "de-DE", "tlh", "", "x"])
def test_a_language_without_a_text_gets_the_english_one(language: str) -> None:
    assert help_text(Harm.RUDE, language) == help_text(Harm.RUDE, "en")


@pytest.mark.parametrize(
    ("language", "region"),
    [("en", None), ("en-US", "US"), ("EN-us", "US"), ("zh-Hans-CN", "CN"), ("es-419", None)],
)
def test_a_region_is_read_from_a_tag(language: str, region: str | None) -> None:
    assert region_of(language) == region
