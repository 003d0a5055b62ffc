"""Storyboards of Gemini's that are out of band: one line for each fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.gemini.conftest import BRIEF
from tests.protocols import gemini_server as api
from tests.protocols.curriculum_model import as_answer, blocks_in
from worker.adapters.gemini_tutor import GeminiTutor
from worker.lessons.storyboard import Storyboard
from worker.lessons.understanding import LessonBrief

Spoil = Callable[[dict[str, Any]], None]


def _drop_scenes(answer: dict[str, Any]) -> None:
    del answer["scenes"][2:]


def _lengthen(answer: dict[str, Any]) -> None:
    explanation = next(one for one in answer["scenes"] if one["kind"] == "explanation")
    explanation["sentences"] += explanation["sentences"] * 2


def _in_first_statement(change: Callable[[dict[str, Any]], None]) -> Spoil:
    def spoil(answer: dict[str, Any]) -> None:
        change(answer["scenes"][-1]["sentences"][0])

    return spoil


SPOILED: list[tuple[str, Spoil, str]] = [
    ("too few scenes", _drop_scenes, "There are 2 scenes: give 3 to 7."),
    ("too long", _lengthen, "Leave out about"),
    (
        "no source",
        _in_first_statement(lambda one: one.update(source_ids=[])),
        "sentence 0 is a statement without a source",
    ),
    (
        "an invented source",
        _in_first_statement(lambda one: one.update(source_ids=["wikipedia"])),
        "sources that were not given: wikipedia",
    ),
    (
        "markdown",
        _in_first_statement(lambda one: one.update(text="**Forces** come in pairs.")),
        "holds '*', which cannot be spoken",
    ),
    (
        "a stage direction",
        _in_first_statement(lambda one: one.update(text="(Pause) Forces come in pairs.")),
        "cannot be spoken",
    ),
    (
        "a cue that nobody says",
        lambda answer: answer["scenes"][-1]["bullets"][0].update(cue="banana"),
        "'banana' is no word of sentence",
    ),
    (
        "a long bullet",
        lambda answer: answer["scenes"][-1]["bullets"][0].update(text="one two " * 5),
        "has 10 words, 1 to 8 are allowed",
    ),
    (
        "a bullet with markup",
        lambda answer: answer["scenes"][-1]["bullets"][0].update(text="**Pairs**"),
        "bullet 1 holds markup",
    ),
    ("no pause to answer", lambda answer: _forget(answer, "answer"), "pause answer"),
    ("no guess", lambda answer: _forget(answer, "guess"), "No sentence asks for a guess"),
    (
        "a visual that breaks its own rules",
        lambda answer: answer["scenes"][-1].update(
            visual={"kind": "equations", "lines": []}, part_cues=[]
        ),
        "a calculation has 1 to 4 lines, not 0",
    ),
    (
        "a part that nobody names",
        lambda answer: answer["scenes"][-1].update(
            visual={
                "kind": "equations",
                "lines": [{"part_id": "law", "formula": "F = m a", "spoken": "F equals m a"}],
            },
            part_cues=[],
        ),
        "no word names the part 'law'",
    ),
]
"""What is wrong with a storyboard, and words of what the model is told."""


def _forget(answer: dict[str, Any], pause: str) -> None:
    for scene in answer["scenes"]:
        for sentence in scene["sentences"]:
            if sentence["pause"] == pause:
                sentence["pause"] = "none"


@pytest.mark.parametrize(
    ("spoil", "told"), [line[1:] for line in SPOILED], ids=[line[0] for line in SPOILED]
)
async def test_a_storyboard_out_of_band_is_mended_by_naming_what_is_wrong(
    tutor: GeminiTutor, gemini: api.GeminiServer, bundled: Storyboard, spoil: Spoil, told: str
) -> None:
    answer = as_answer(bundled)
    spoil(answer)
    gemini.script = [api.says(json.dumps(answer))]
    assert await tutor.write_storyboard(BRIEF) == bundled
    faults = blocks_in(gemini.calls[1].texts[-1])["faults"]
    assert any(told in one for one in faults), faults


async def test_a_storyboard_s_prompt_holds_nothing_of_the_student_s(
    tutor: GeminiTutor, gemini: api.GeminiServer
) -> None:
    await tutor.write_storyboard(
        LessonBrief("newtons-third-law", 10, "basketball with Xanthippe", "en", 60)
    )
    assert "Xanthippe" not in json.dumps(gemini.calls[0].body)
