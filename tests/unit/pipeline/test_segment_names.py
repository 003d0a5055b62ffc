"""A segment's name: the same wherever the same scene is drawn, and only there."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.tone_voice import ToneVoice
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.adapters.render_pool import RenderPool
from worker.curriculum.reader import load_curriculum
from worker.layout.scenes import plan_scene
from worker.lessons.look import LessonFace
from worker.lessons.narration import SceneNarration
from worker.lessons.pace import pace_at
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import Timeline
from worker.pipeline.render_segments import segment_name

REPOSITORY = Path(__file__).parents[3]
TOPIC, GRADE = "newtons-third-law", 10


def storyboard_for(interest: str) -> Storyboard:
    return CurriculumWriter(load_curriculum()).write(TOPIC, GRADE, interest, 60)


def names_for(interest: str) -> list[str]:
    """Return the names of a lesson's segments, in order."""
    board = storyboard_for(interest)
    identity = RenderPool(1).identity
    return [
        segment_name(
            plan_scene(
                placed,
                scene_number=number,
                scene_count=len(board.scenes),
                face=LessonFace(board.title, board.subject),
            ),
            identity,
        ).object_name
        for number, placed in enumerate(asyncio.run(_timeline(board)).scenes, start=1)
    ]


async def _timeline(board: Storyboard) -> Timeline:
    timeline, voice = Timeline(), ToneVoice()
    pace = pace_at(board.grade_level)
    for scene in board.scenes:
        spoken = [
            await voice.speak(sentence.text, pace(sentence.text)) for sentence in scene.sentences
        ]
        timeline = timeline.then(scene, SceneNarration(scene.scene_id, tuple(spoken)))
    return timeline


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_lesson_s_segments_have_the_same_names_in_another_process(seed: str) -> None:
    """The seed of `hash`, which orders sets, is another one there."""
    program = (
        "from tests.unit.pipeline.test_segment_names import names_for;"
        "print(*names_for('basketball'), sep='\\n')"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": seed},
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert said == names_for("basketball")


def test_only_the_scenes_that_speak_of_the_interest_have_other_names() -> None:
    ball, music = storyboard_for("basketball"), storyboard_for("music")
    differ = [one != other for one, other in zip(ball.scenes, music.scenes, strict=True)]
    assert 0 < sum(differ) < len(differ)
    named = zip(names_for("basketball"), names_for("music"), strict=True)
    assert [one != other for one, other in named] == differ


def test_what_a_student_wrote_is_part_of_no_name() -> None:
    assert names_for("I love basketball, says Zoë from Lyon") == names_for("basketball")
