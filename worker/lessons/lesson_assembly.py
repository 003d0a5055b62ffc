"""What is joined into a lesson's file: segments, narration and chapters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ChapterMark:
    """A titled stretch of the lesson, in frames."""

    title: str
    first_frame: int
    frame_count: int


@dataclass(frozen=True, slots=True)
class Narration:
    """The whole narration as samples in a file, before it is encoded.

    Attributes:
        samples: Mono, signed 16-bit little-endian, as long as the video.
        sample_rate: Samples a second.
        frame_count: Frames of the video that it belongs to.
    """

    samples: Path
    sample_rate: int
    frame_count: int


@dataclass(frozen=True, slots=True)
class LessonAssembly:
    """What is joined into one MP4.

    Attributes:
        segments: Segment files in playing order; none for a lesson to listen to.
        frame_count: Frames of all segments together.
        sound: The encoded narration, as `LessonRenderer.encode_narration` writes it.
        language: As BCP 47 has it (``en``, ``en-GB``).
        cover: A picture (PNG) that players and libraries show for the file, or None.
    """

    segments: tuple[Path, ...]
    frame_count: int
    sound: Path
    title: str
    language: str
    chapters: tuple[ChapterMark, ...]
    cover: Path | None = None
