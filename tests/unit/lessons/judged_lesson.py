"""The evidence of a lesson, made as the pipeline makes it but for the voice and the encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from tests.fakes.paced_narration import paced_timeline
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.reader import load_curriculum
from worker.layout.glyphs import missing_glyphs
from worker.layout.scenes import plan_scene
from worker.lessons.captions import caption_cues, write_vtt
from worker.lessons.look import LessonFace
from worker.lessons.quality.caption_file import read_captions
from worker.lessons.quality.evidence import (
    LEVELS_PER_SECOND,
    Evidence,
    FileFigures,
    SoundFigures,
    TextContrast,
)
from worker.lessons.render_plan import ScenePlan
from worker.lessons.storyboard import Scene, SceneKind, Sentence, Storyboard
from worker.lessons.timeline import Timeline

VOICE_DB, SILENT_DB = -12.0, -90.0


@cache
def good_board() -> Storyboard:
    """A bundled lesson with every kind of scene but one, and a visual."""
    return CurriculumWriter(load_curriculum()).write("newtons-third-law", 10, "basketball", 180)


@cache
def good_evidence() -> Evidence:
    """The evidence of a lesson that passes every row."""
    return evidence_of(good_board())


def evidence_of(
    board: Storyboard, asked_seconds: int | None = None, *, with_pictures: bool = True
) -> Evidence:
    """Speak, draw and caption a storyboard; the file is what it should be.

    Args:
        board: What is said and shown.
        asked_seconds: The length that was asked for; as long as it is if None.
        with_pictures: Draw it, too.
    """
    timeline = paced_timeline(board)
    plans = _plans(board, timeline) if with_pictures else None
    return Evidence(
        storyboard=board,
        timeline=timeline,
        asked_seconds=asked_seconds or round(timeline.seconds),
        plans=plans,
        captions=read_captions(write_vtt(caption_cues(timeline))),
        sound=SoundFigures(-16.0, -2.0, _levels(timeline)),
        file=FileFigures(
            video_seconds=timeline.seconds,
            audio_seconds=timeline.seconds,
            is_bt709=True,
            is_faststart=True,
            chapters=tuple((placed.scene.title, placed.start) for placed in timeline.scenes),
            contrasts=(TextContrast("title", 1.0, 9.0, is_large=True),),
        ),
        missing_glyphs=None if plans is None else missing_glyphs(plans),
    )


def _plans(board: Storyboard, timeline: Timeline) -> tuple[ScenePlan, ...]:
    face = LessonFace(board.title, board.subject)
    return tuple(
        plan_scene(placed, scene_number=number, scene_count=len(board.scenes), face=face)
        for number, placed in enumerate(timeline.scenes, start=1)
    )


def _levels(timeline: Timeline) -> tuple[float, ...]:
    levels = [SILENT_DB] * round(timeline.seconds * LEVELS_PER_SECOND)
    for scene in timeline.scenes:
        for word in (word for sentence in scene.sentences for word in sentence.words):
            first = round((scene.start + word.start) * LEVELS_PER_SECOND)
            last = round((scene.start + word.end) * LEVELS_PER_SECOND)
            levels[first:last] = [VOICE_DB] * (last - first)
    return tuple(levels)


def with_scene(board: Storyboard, kind: SceneKind, change: Callable[[Scene], Scene]) -> Storyboard:
    """The storyboard with its scene of a kind changed."""
    return replace(
        board, scenes=tuple(change(one) if one.kind is kind else one for one in board.scenes)
    )


def with_sentence(
    board: Storyboard, kind: SceneKind, index: int, change: Callable[[Sentence], Sentence]
) -> Storyboard:
    """The storyboard with one sentence of its scene of a kind changed."""

    def changed(scene: Scene) -> Scene:
        sentences = list(scene.sentences)
        sentences[index] = change(sentences[index])
        return replace(scene, sentences=tuple(sentences))

    return with_scene(board, kind, changed)
