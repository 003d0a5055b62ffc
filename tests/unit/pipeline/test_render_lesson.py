from __future__ import annotations

import json
from pathlib import Path

from tests.fakes.scripted_tutor import ScriptedTutor
from tests.unit.pipeline.conftest import Shares
from worker.lessons.transcript import write_transcript
from worker.pipeline.render_lesson import _Meter, render_lesson
from worker.pipeline.tools import Errand, Tools


async def test_a_lesson_to_read_is_its_transcript_and_its_storyboard_and_draws_nothing(
    errand: Errand, tutor: ScriptedTutor, tools: Tools, shares: Shares
) -> None:
    rendered = await render_lesson(errand, tutor.storyboard, (), tools, shares)
    assert rendered.seconds is None
    assert {file.name for file in rendered.files} == {"transcript.md", "storyboard.json"}
    texts = {file.name: text_of(file) for file in rendered.files}
    assert texts["transcript.md"] == write_transcript(tutor.storyboard)
    assert json.loads(texts["storyboard.json"])["title"] == tutor.storyboard.title


def test_the_meter_adds_up_what_the_scenes_report_each_for_itself() -> None:
    meter = _Meter(frame_count=100, scene_count=2)
    first, second = meter.hear(0), meter.hear(1)
    first(10)
    second(20)
    first(30)
    assert sum(meter._done) == 50


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")
