"""What a lesson was made from, kept beside it, so that it can be measured again from its files.

Nothing in it was written by a student: storyboards come from topics, and the rest is times and
drawings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from worker.lessons.errors import LessonInvalidError
from worker.lessons.render_plan import ScenePlan
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import PlacedScene, PlacedSentence, Timeline

STORYBOARD = "storyboard.json"
TIMELINE = "timeline.json"
RENDER_PLAN = "render_plan.json"
CAPTIONS = "captions.vtt"


@dataclass(frozen=True, slots=True)
class SceneTimes:
    """When a scene is, and when its words sound, in the terms of `PlacedScene`."""

    scene_id: str
    first_frame: int
    frame_count: int
    sentences: tuple[PlacedSentence, ...]


@dataclass(frozen=True, slots=True)
class LessonTimes:
    """The times of a lesson.

    Attributes:
        asked_seconds: The length that was asked for.
    """

    asked_seconds: int
    scenes: tuple[SceneTimes, ...]


T = TypeVar("T")

_TIMES = TypeAdapter(LessonTimes)
_PLANS = TypeAdapter(tuple[ScenePlan, ...])
_STORYBOARD = TypeAdapter(Storyboard)


def write_storyboard(storyboard: Storyboard) -> str:
    """Return a storyboard as JSON."""
    return _STORYBOARD.dump_json(storyboard, indent=2).decode() + "\n"


def write_times(timeline: Timeline, asked_seconds: int) -> str:
    """Return a timeline as JSON, without the storyboard's texts that it stands for."""
    scenes = tuple(
        SceneTimes(one.scene.scene_id, one.first_frame, one.frame_count, one.sentences)
        for one in timeline.scenes
    )
    return _TIMES.dump_json(LessonTimes(asked_seconds, scenes)).decode() + "\n"


def write_plans(plans: tuple[ScenePlan, ...]) -> str:
    """Return the plans of all scenes as JSON."""
    return _PLANS.dump_json(plans).decode() + "\n"


def read_storyboard(text: bytes) -> Storyboard:
    """Read a storyboard back.

    Raises:
        LessonInvalidError: It is none.
    """
    return _read(_STORYBOARD, text, STORYBOARD)


def read_times(text: bytes, storyboard: Storyboard) -> tuple[Timeline, int]:
    """Read a timeline back, with the length that was asked for.

    Raises:
        LessonInvalidError: It is none, or not the storyboard's.
    """
    times = _read(_TIMES, text, TIMELINE)
    if [one.scene_id for one in times.scenes] != [one.scene_id for one in storyboard.scenes]:
        raise LessonInvalidError(f"{TIMELINE} has other scenes than {STORYBOARD}")
    placed = tuple(
        PlacedScene(scene, one.first_frame, one.frame_count, one.sentences)
        for scene, one in zip(storyboard.scenes, times.scenes, strict=True)
    )
    for one in placed:
        if [sentence.text for sentence in one.sentences] != [s.text for s in one.scene.sentences]:
            raise LessonInvalidError(f"{TIMELINE} says other sentences than {STORYBOARD}")
    return Timeline(placed), times.asked_seconds


def read_plans(text: bytes, storyboard: Storyboard) -> tuple[ScenePlan, ...]:
    """Read the plans of all scenes back.

    Raises:
        LessonInvalidError: They are none, or not the storyboard's.
    """
    plans = _read(_PLANS, text, RENDER_PLAN)
    if [one.scene_id for one in plans] != [one.scene_id for one in storyboard.scenes]:
        raise LessonInvalidError(f"{RENDER_PLAN} has other scenes than {STORYBOARD}")
    return plans


def _read(adapter: TypeAdapter[T], text: bytes, name: str) -> T:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        raise LessonInvalidError(f"{name} cannot be read: {error.error_count()} faults") from error
