"""A small lesson, planned as a real one is, and pools of render children."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio

from worker.adapters.render_pool import RenderPool
from worker.layout.scenes import plan_scene
from worker.lessons.lesson_assembly import ChapterMark, Narration
from worker.lessons.look import LessonFace
from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.render_plan import (
    Box,
    Motion,
    PanelElement,
    Role,
    ScenePlan,
)
from worker.lessons.soundtrack import Soundtrack
from worker.lessons.storyboard import Bullet, Scene, SceneKind, Sentence, Storyboard
from worker.lessons.timeline import Timeline

RATE = 24_000
WORD_SECONDS = 0.35


@dataclass(frozen=True)
class PlannedLesson:
    """Everything that a renderer is given for one lesson."""

    timeline: Timeline
    plans: tuple[ScenePlan, ...]
    narration: Narration
    chapters: tuple[ChapterMark, ...]


def speak(sentence: Sentence) -> SpokenSentence:
    """A tone for each word, from the word's start on: its beginnings can be measured."""
    words = sentence.text.split()
    times = np.arange(round(len(words) * WORD_SECONDS * RATE)) / RATE
    tone = 2500 * np.sin(2 * np.pi * 440 * times) * (times % WORD_SECONDS < 0.3)
    timings = tuple(
        WordTiming(word, index * WORD_SECONDS, index * WORD_SECONDS + 0.3)
        for index, word in enumerate(words)
    )
    pcm = tone.astype("<i2").tobytes()
    return SpokenSentence(sentence.text, pcm, RATE, timings, "estimated")


SCENES = (
    Scene(
        "hook",
        SceneKind.HOOK,
        "A push you can feel",
        (Sentence("What pushes you up when you jump?"),),
    ),
    Scene(
        "explanation",
        SceneKind.EXPLANATION,
        "Forces come in pairs",
        (Sentence("Every push gets a push back."), Sentence("They never cancel.")),
        (Bullet("Every push has a partner", 0, 1), Bullet("No canceling", 1, 2)),
        display="F = −F",  # noqa: RUF001 - a true minus sign, as formulas have it
        display_sentence_index=1,
    ),
)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> PlannedLesson:
    """Two scenes of about four seconds, the first one dark and the second one light."""
    board = Storyboard(
        topic_id="topic",
        title="Newton's third law",
        subject="physics",
        grade_level=9,
        language="en",
        interest="basketball",
        interest_matched=True,
        objective="",
        scenes=SCENES,
        sources=(),
    )
    spoken = tuple(
        SceneNarration(scene.scene_id, tuple(map(speak, scene.sentences))) for scene in SCENES
    )
    timeline = Timeline()
    track = Soundtrack(tmp_path_factory.mktemp("lesson") / "narration.pcm")
    for scene, said in zip(SCENES, spoken, strict=True):
        timeline = timeline.then(scene, said)
        track.lay(timeline.scenes[-1], said)
    plans = tuple(
        plan_scene(
            placed,
            scene_number=number,
            scene_count=len(SCENES),
            face=LessonFace(board.title, board.subject),
        )
        for number, placed in enumerate(timeline.scenes, start=1)
    )
    chapters = tuple(
        ChapterMark(placed.scene.title, placed.first_frame, placed.frame_count)
        for placed in timeline.scenes
    )
    narration = Narration(track.path, RATE, timeline.frame_count)
    return PlannedLesson(timeline, plans, narration, chapters)


@pytest.fixture
def endless_plan() -> ScenePlan:
    """A scene that changes on every one of very many frames."""
    last = 30_000
    motion = Motion(0, last, fade_in=last - 1)
    panel = PanelElement("p", Role.DECORATION, Box(0, 0, 640, 360), motion, "#ffffff")
    return ScenePlan("endless", 640, 360, last + 1, "#000000", (panel,))


@pytest.fixture
def short_plan() -> ScenePlan:
    """A small scene that is done at once."""
    motion = Motion(0, 89, fade_in=10)
    panel = PanelElement("p", Role.DECORATION, Box(0, 0, 200, 100), motion, "#ffffff")
    return ScenePlan("short", 320, 180, 90, "#204060", (panel,))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[RenderPool]:
    """Two children, shared by the tests of a module."""
    started = RenderPool(2)
    await started.start()
    yield started
    await started.close()
