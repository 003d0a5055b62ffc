"""For each row of the quality gate there is a bad lesson that fails exactly that row."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from tests.unit.lessons.judged_lesson import (
    evidence_of,
    good_board,
    good_evidence,
)
from tests.unit.lessons.planted_files import ALL_PLANTS
from tests.unit.lessons.planted_words import words_for_scholars
from worker.layout.burned_captions import burn_captions
from worker.lessons.look import LessonFace
from worker.lessons.quality.evidence import (
    Evidence,
)
from worker.lessons.quality.gate import measure
from worker.lessons.quality.report import QualityReport, Verdict
from worker.lessons.render_plan import TextElement
from worker.lessons.sources_card import CARD_SECONDS

ONE_FAULT_TWO_MEASURES = {"retrieval-practice": {"answer-silence"}}
"""A pause that was never planned is not to be heard, either."""


def test_the_good_lesson_passes_every_row() -> None:
    report = measure(good_evidence())
    assert [one for one in report.measurements if one.verdict is Verdict.FAILED] == []
    assert report.unmeasured_rows == ("same-bytes",)


def test_every_row_has_a_bad_lesson() -> None:
    rows = {one.row for one in measure(good_evidence()).measurements}
    assert set(ALL_PLANTS) == rows - {"same-bytes"}


@cache
def judged(row: str) -> QualityReport:
    return measure(ALL_PLANTS[row]())


@pytest.mark.parametrize("row", ALL_PLANTS)
def test_a_bad_lesson_fails_exactly_its_row(row: str) -> None:
    report = judged(row)
    assert set(report.failed_rows) == {row} | ONE_FAULT_TWO_MEASURES.get(row, set())
    found = next(one for one in report.measurements if one.row == row)
    assert all(failure.what for failure in found.failures)


def with_captions(moved_by: int = 0) -> Evidence:
    """Return the good lesson with captions in the pictures, a spoken word of them moved aside."""
    good, face = good_evidence(), LessonFace("Newton's third law", "Physics")
    assert good.timeline is not None
    assert good.plans is not None
    pairs = zip(good.plans, good.timeline.scenes, strict=True)
    plans = [burn_captions(plan, scene, face) for plan, scene in pairs]
    elements = list(plans[0].elements)
    at = next(i for i, one in enumerate(elements) if one.element_id == "caption-1-word-1")
    word = elements[at]
    assert isinstance(word, TextElement)
    lines = tuple(replace(line, x=line.x + moved_by) for line in word.lines)
    elements[at] = replace(word, lines=lines)
    plans[0] = replace(plans[0], elements=tuple(elements))
    return replace(good, plans=tuple(plans))


def test_a_spoken_word_of_a_burned_in_caption_covers_none_only_in_its_own_place() -> None:
    assert measure(with_captions()).failed_rows == ()
    assert measure(with_captions(moved_by=2)).failed_rows == ("overlap",)


WITHOUT_A_TIME = {"loudness", "true-peak", "glyphs", "terms-early", "bt709", "faststart"}
"""Faults of a whole file, and of what is said nowhere."""


@pytest.mark.parametrize("row", sorted(set(ALL_PLANTS) - WITHOUT_A_TIME))
def test_a_failure_names_its_timecode(row: str) -> None:
    evidence = ALL_PLANTS[row]()
    found = next(one for one in judged(row).measurements if one.row == row)
    assert evidence.timeline is not None
    for failure in found.failures:
        assert failure.second is not None
        assert 0 <= failure.second <= evidence.timeline.seconds


def test_a_lesson_to_read_is_measured_by_its_words_and_says_what_is_not_there() -> None:
    report = measure(Evidence(good_board()))
    assert report.failed_rows == ()
    by_row = {one.row: one for one in report.measurements}
    assert by_row["readability"].verdict is Verdict.PASSED
    for row in ("speech-rate", "contrast", "caption-timing", "loudness", "overlap", "glyphs"):
        assert by_row[row].verdict is Verdict.NOT_MEASURED
        assert by_row[row].reason


def test_a_lesson_without_a_sources_card_fails_unless_what_it_leaves_out_is_counted() -> None:
    good = good_evidence()
    assert good.plans is not None
    assert good.timeline is not None
    bare = evidence_of(replace(good.storyboard, scenes=good.storyboard.taught))
    assert measure(bare).failed_rows == ("attribution",)
    *others, card = good.plans
    without = [one for one in card.elements if not one.element_id.startswith("source-")]
    (note,) = [one for one in without if isinstance(one, TextElement) and one.element_id == "note"]
    for text, failed in (("2 in citations.json.", ()), ("1 in citations.json.", ("attribution",))):
        counting = replace(note, lines=(replace(note.lines[0], text=text),))
        shown = tuple(counting if one is note else one for one in without)
        plans = (*others, replace(card, elements=shown))
        assert measure(replace(good, plans=plans)).failed_rows == failed


def test_the_sources_card_comes_on_top_of_the_length_that_was_asked_for() -> None:
    good = good_evidence()
    assert good.timeline is not None
    assert good.timeline.seconds == good.timeline.taught_seconds + CARD_SECONDS
    asked = round(good.timeline.taught_seconds / 1.149)
    assert good.timeline.seconds / asked > 1.15
    assert measure(replace(good, asked_seconds=asked)).failed_rows == ()


def test_without_the_length_that_was_asked_for_it_is_not_judged() -> None:
    report = measure(replace(good_evidence(), asked_seconds=None, file=None, sound=None))
    assert {"length", "loudness", "contrast"} <= set(report.unmeasured_rows)
    assert "length-bounds" not in report.unmeasured_rows


def test_a_writer_that_calls_every_word_a_key_term_does_not_pass_for_it() -> None:
    hard = words_for_scholars().storyboard
    names = ("incomprehensible", "interdisciplinary", "considerations", "simultaneously")
    report = measure(evidence_of(replace(hard, key_terms=names)))
    assert {"readability", "terms-early"} <= set(report.failed_rows)
