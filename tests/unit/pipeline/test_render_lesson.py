from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.scripted_tutor import ScriptedTutor
from tests.unit.pipeline.conftest import Shares
from worker.lessons.errors import LessonWithheldError
from worker.lessons.transcript import write_transcript
from worker.pipeline.render_lesson import open_draft, render_lesson
from worker.pipeline.render_segments import _Meter
from worker.pipeline.tools import Errand, Tools


async def test_a_lesson_to_read_is_a_page_with_its_picture_and_no_child_draws_anything(
    errand: Errand, tutor: ScriptedTutor, tools: Tools, shares: Shares
) -> None:
    async with open_draft(errand, tutor.storyboard, tools) as draft:
        rendered = await render_lesson(errand, draft, tools, shares)
    assert rendered.seconds is None
    assert {file.name for file in rendered.files} == {
        *("lesson.html", "lesson.md", "picture-1.svg"),
        *("transcript.md", "quiz.json", "citations.json"),
        *("storyboard.json", "quality_report.json"),
    }
    texts = {file.name: text_of(file) for file in rendered.files}
    assert texts["transcript.md"] == write_transcript(tutor.storyboard)
    assert json.loads(texts["storyboard.json"])["title"] == tutor.storyboard.title
    assert "Forces come in pairs." in texts["lesson.html"]
    assert "](picture-1.svg)" in texts["lesson.md"]


async def test_a_lesson_that_fails_a_row_is_published_with_the_row_marked(
    errand: Errand, tutor: ScriptedTutor, tools: Tools, shares: Shares
) -> None:
    async with open_draft(errand, tutor.storyboard, tools) as draft:
        rendered = await render_lesson(errand, draft, tools, shares)
    report = json.loads(text_of(rendered.files[-1]))
    assert "scene-count" in report["failed"]
    assert errand.trace.failed_rows == tuple(report["failed"])


async def test_a_lesson_that_fails_a_row_is_withheld_where_settings_say_so(
    errand: Errand, tutor: ScriptedTutor, tools: Tools, shares: Shares
) -> None:
    async with open_draft(errand, tutor.storyboard, tools) as draft:
        with pytest.raises(LessonWithheldError) as raised:
            await render_lesson(errand, draft, replace(tools, withholds=True), shares)
    assert "scene-count" in raised.value.rows


def test_the_meter_adds_up_what_the_scenes_report_each_for_itself() -> None:
    meter = _Meter()
    assert meter.share() == 0.0
    meter.expect(1, 60)
    meter.expect(2, 40)
    first, second = meter.hear(1), meter.hear(2)
    first(10)
    second(20)
    first(30)
    assert meter.share() == 0.5


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")
