"""What a finished lesson is, read back from the file itself.

Nothing here trusts what was planned: sizes, durations, tags and the order of boxes come from
the bytes on disk.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.stream import Disposition

from worker.lessons.errors import LessonInvalidError
from worker.lessons.lesson_assembly import LessonAssembly
from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.ports import LessonFacts

BT709 = 1
"""The code of BT.709 for primaries, transfer and matrix alike (ITU-T H.273)."""

STUDIO_RANGE = 1
"""libavutil's code of the range 16 to 235."""

_FRAME = 1 / FRAMES_PER_SECOND

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
    """All that a lesson's MP4 says about itself; without video, the video's facts are empty.

    Attributes:
        coded_frames: Pictures that are stored; a still picture is stored about once a second.
        key_seconds: Times at which decoding can start.
        picture_seconds: Times of all stored pictures, in order.
        colors: Codes of primaries, transfer, matrix and range (ITU-T H.273, libavutil).
        is_faststart: Whether the index comes before the pictures, so that play starts at once.
        language: ISO 639-2/T of the narration.
        has_cover: Whether a still picture belongs to the file.
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
    has_cover: bool


def probe_media(path: Path) -> MediaReport:
    """Read an MP4 with an audio track and perhaps a video track; nothing is decoded.

    Raises:
        LessonInvalidError: It is no such file.
    """
    try:
        with av.open(str(path)) as container:
            return _read(container, path)
    except (av.FFmpegError, IndexError, struct.error) as error:
        raise LessonInvalidError(f"not a playable lesson: {type(error).__name__}") from error


def check_lesson(report: MediaReport, assembly: LessonAssembly) -> None:
    """Compare a lesson with what was planned.

    Raises:
        LessonInvalidError: It differs; the message names every difference.
    """
    found = [*_sound_faults(report, assembly), *_chapter_faults(report, assembly)]
    if assembly.segments:
        found += _picture_faults(report, assembly)
    if report.has_cover != (assembly.cover is not None):
        found.append("its cover is not that of the plan")
    if not report.is_faststart:
        found.append("the index does not come first (faststart)")
    if found:
        raise LessonInvalidError("; ".join(found))


def is_bt709(report: MediaReport) -> bool:
    """Whether primaries, transfer, matrix and range are tagged as BT.709's."""
    return report.colors == (BT709, BT709, BT709, STUDIO_RANGE)


def _sound_faults(report: MediaReport, assembly: LessonAssembly) -> Iterator[str]:
    expected = assembly.frame_count * _FRAME
    if abs(report.facts.audio_seconds - expected) > _FRAME:
        yield f"audio lasts {report.facts.audio_seconds:.4f} s, not {expected:.4f} s"


def _picture_faults(report: MediaReport, assembly: LessonAssembly) -> Iterator[str]:
    expected = assembly.frame_count * _FRAME
    if abs(report.facts.video_seconds - expected) > _FRAME / 2:
        yield f"video lasts {report.facts.video_seconds:.4f} s, not {expected:.4f} s"
    if not is_bt709(report):
        yield "colours are not tagged as BT.709"
    if report.pixel_format != "yuv420p":
        yield f"pixels are {report.pixel_format}, not yuv420p"


def _chapter_faults(report: MediaReport, assembly: LessonAssembly) -> Iterator[str]:
    if [chapter.title for chapter in report.chapters] != [m.title for m in assembly.chapters]:
        yield "chapters are not those of the plan"
        return
    for chapter, mark in zip(report.chapters, assembly.chapters, strict=True):
        if abs(chapter.start - mark.first_frame * _FRAME) > _FRAME:
            yield f"the chapter at frame {mark.first_frame} starts at {chapter.start:.3f} s"


@dataclass(frozen=True, slots=True)
class _Pictures:
    """What the video track says; all empty where there is none."""

    width: int = 0
    height: int = 0
    seconds: float = 0.0
    codec: str = ""
    pixel_format: str = ""
    times: tuple[float, ...] = ()
    key_times: tuple[float, ...] = ()
    colors: tuple[int, int, int, int] = (0, 0, 0, 0)


def _read(container: av.container.InputContainer, path: Path) -> MediaReport:
    audio = container.streams.audio[0]
    pictures = _read_pictures(container)
    return MediaReport(
        facts=LessonFacts(
            width=pictures.width,
            height=pictures.height,
            video_seconds=pictures.seconds,
            audio_seconds=float((audio.duration or 0) * (audio.time_base or 0)),
            byte_count=path.stat().st_size,
        ),
        video_codec=pictures.codec,
        audio_codec=audio.codec.name,
        pixel_format=pictures.pixel_format,
        audio_rate=audio.rate,
        coded_frames=len(pictures.times),
        key_seconds=pictures.key_times,
        picture_seconds=pictures.times,
        colors=pictures.colors,
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
        has_cover=any(_is_cover(one) for one in container.streams.video),
    )


def _read_pictures(container: av.container.InputContainer) -> _Pictures:
    moving = [one for one in container.streams.video if not _is_cover(one)]
    if not moving:
        return _Pictures()
    stream = moving[0]
    packets = [packet for packet in container.demux(stream) if packet.pts is not None]
    base = stream.time_base
    if base is None or not packets:
        raise LessonInvalidError("the video track is empty")
    shown = sorted((packet.pts or 0, packet.duration or 0) for packet in packets)
    context = stream.codec_context
    return _Pictures(
        width=stream.width,
        height=stream.height,
        seconds=float((sum(shown[-1]) - shown[0][0]) * base),
        codec=stream.codec.name,
        pixel_format=context.pix_fmt or "",
        times=tuple(float(pts * base) for pts, _ in shown),
        key_times=tuple(float((p.pts or 0) * base) for p in packets if p.is_keyframe),
        colors=(
            context.color_primaries,
            context.color_trc,
            context.colorspace,
            context.color_range,
        ),
    )


def _is_cover(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


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
