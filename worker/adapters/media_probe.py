"""What a finished MP4 is, read back from the file itself.

Nothing here trusts what was planned: sizes, durations, tags and the order of boxes come from
the bytes on disk.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from worker.lessons.errors import LessonInvalidError
from worker.lessons.render_plan import LessonAssembly
from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.ports import LessonFacts

BT709 = 1
"""The code of BT.709 for primaries, transfer and matrix alike (ITU-T H.273)."""

STUDIO_RANGE = 1
"""libavutil's code of the range 16 to 235."""

_SIZE_IS_64_BIT = 1
_SIZE_IS_REST = 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter as the file has it, in seconds."""

    title: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class MediaReport:
    """All that a lesson's MP4 says about itself.

    Attributes:
        coded_frames: Pictures that are stored; a still picture is stored about once a second.
        key_seconds: Times at which decoding can start.
        picture_seconds: Times of all stored pictures, in order.
        colors: Codes of primaries, transfer, matrix and range (ITU-T H.273, libavutil).
        is_faststart: Whether the index comes before the pictures, so that play starts at once.
        language: ISO 639-2/T of the narration.
    """

    facts: LessonFacts
    video_codec: str
    audio_codec: str
    pixel_format: str
    audio_rate: int
    coded_frames: int
    key_seconds: tuple[float, ...]
    picture_seconds: tuple[float, ...]
    colors: tuple[int, int, int, int]
    is_faststart: bool
    title: str
    language: str
    chapters: tuple[Chapter, ...]


def probe_media(path: Path) -> MediaReport:
    """Read an MP4 with one video and one audio track; nothing is decoded.

    Raises:
        LessonInvalidError: It is no such file.
    """
    try:
        return _read(path)
    except (av.FFmpegError, IndexError, struct.error) as error:
        raise LessonInvalidError(f"not a playable lesson: {type(error).__name__}") from error


def check_lesson(report: MediaReport, assembly: LessonAssembly) -> None:
    """Compare a lesson with what was planned.

    Raises:
        LessonInvalidError: It differs; the message names every difference.
    """
    frame = 1 / FRAMES_PER_SECOND
    facts = report.facts
    expected = assembly.frame_count * frame
    starts = [mark.first_frame * frame for mark in assembly.chapters]
    faults = {
        f"video lasts {facts.video_seconds:.4f} s, not {expected:.4f} s": abs(
            facts.video_seconds - expected
        )
        > frame / 2,
        f"audio lasts {facts.audio_seconds:.4f} s, video {facts.video_seconds:.4f} s": abs(
            facts.audio_seconds - facts.video_seconds
        )
        > frame,
        "colours are not tagged as BT.709": report.colors != (BT709, BT709, BT709, STUDIO_RANGE),
        f"pixels are {report.pixel_format}, not yuv420p": report.pixel_format != "yuv420p",
        "the index does not come first (faststart)": not report.is_faststart,
        "chapters are not those of the plan": [c.title for c in report.chapters]
        != [mark.title for mark in assembly.chapters],
        "a chapter starts more than a frame off": any(
            abs(chapter.start - start) > frame
            for chapter, start in zip(report.chapters, starts, strict=False)
        ),
    }
    found = [text for text, is_fault in faults.items() if is_fault]
    if found:
        raise LessonInvalidError("; ".join(found))


def _read(path: Path) -> MediaReport:
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        pictures = [packet for packet in container.demux(video) if packet.pts is not None]
        video_base, audio_base = video.time_base, audio.time_base
        if video_base is None or audio_base is None or not pictures:
            raise LessonInvalidError("a track is empty")
        times = sorted((p.pts or 0, p.duration or 0, p.is_keyframe) for p in pictures)
        context = video.codec_context
        return MediaReport(
            facts=LessonFacts(
                width=video.width,
                height=video.height,
                video_seconds=float((times[-1][0] + times[-1][1] - times[0][0]) * video_base),
                audio_seconds=float((audio.duration or 0) * audio_base),
                byte_count=path.stat().st_size,
            ),
            video_codec=video.codec.name,
            audio_codec=audio.codec.name,
            pixel_format=context.pix_fmt or "",
            audio_rate=audio.rate,
            coded_frames=len(pictures),
            key_seconds=tuple(float(pts * video_base) for pts, _, is_key in times if is_key),
            picture_seconds=tuple(float(pts * video_base) for pts, _, _ in times),
            colors=(
                context.color_primaries,
                context.color_trc,
                context.colorspace,
                context.color_range,
            ),
            is_faststart=_is_faststart(path),
            title=container.metadata.get("title", ""),
            language=audio.metadata.get("language", ""),
            chapters=tuple(
                Chapter(
                    title=chapter["metadata"].get("title", ""),
                    start=float(chapter["start"] * (chapter["time_base"] or 0)),
                    end=float(chapter["end"] * (chapter["time_base"] or 0)),
                )
                for chapter in container.chapters()
            ),
        )


def _is_faststart(path: Path) -> bool:
    order = [kind for kind in _box_kinds(path) if kind in {b"moov", b"mdat"}]
    return order[:1] == [b"moov"]


def _box_kinds(path: Path) -> Iterator[bytes]:
    """The kinds of the top-level boxes, in order (ISO/IEC 14496-12, 4.2)."""
    with path.open("rb") as file:
        while header := file.read(8):
            size, kind = struct.unpack(">I4s", header)
            yield kind
            if size == _SIZE_IS_REST:
                return
            skip = size - 8
            if size == _SIZE_IS_64_BIT:
                skip = struct.unpack(">Q", file.read(8))[0] - 16
            file.seek(skip, 1)
