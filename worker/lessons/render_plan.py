"""The complete, picklable input of a render: nothing is decided after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FRAME_WIDTH = 1920
FRAME_HEIGHT = 1080


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, from the frame's top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ScenePlan:
    """Everything that is drawn in one scene."""

    scene_id: str
    width: int
    height: int
    frame_count: int
    background: str


@dataclass(frozen=True, slots=True)
class ChapterMark:
    """A titled stretch of the lesson, in frames."""

    title: str
    first_frame: int
    frame_count: int


@dataclass(frozen=True, slots=True)
class LessonAssembly:
    """What is joined into one MP4.

    Attributes:
        segments: Segment files in playing order.
        frame_count: Frames of all segments together.
        pcm: The whole narration: mono, signed 16-bit little-endian, as long as the video.
    """

    segments: tuple[Path, ...]
    frame_count: int
    pcm: bytes
    sample_rate: int
    title: str
    language: str
    chapters: tuple[ChapterMark, ...]
