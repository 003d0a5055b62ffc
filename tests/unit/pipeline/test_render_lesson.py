from __future__ import annotations

import json
from pathlib import Path

from tests.fakes.scripted_tutor import ScriptedTutor
from tests.unit.pipeline.conftest import Shares
from worker.lessons.transcript import write_transcript
from worker.pipeline.render_lesson import open_draft, render_lesson
from worker.pipeline.render_segments import _Meter
from worker.pipeline.tools import Errand, Tools


async def test_a_lesson_to_read_is_its_transcript_and_its_storyboard_and_draws_nothing(
    errand: Errand, tutor: ScriptedTutor, tools: Tools, shares: Shares
) -> None:
    async with open_draft(errand, tutor.storyboard, tools) as draft:
        rendered = await render_lesson(errand, draft, tools, shares)
    assert rendered.seconds is None
    assert {file.name for file in rendered.files} == {"transcript.md", "storyboard.json"}
    texts = {file.name: text_of(file) for file in rendered.files}
    assert texts["transcript.md"] == write_transcript(tutor.storyboard)
    assert json.loads(texts["storyboard.json"])["title"] == tutor.storyboard.title


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
