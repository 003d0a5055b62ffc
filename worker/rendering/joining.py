"""Segments and sound joined into one MP4; both are copied.

Without segments the file is a lesson to listen to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.stream import Disposition

from worker.lessons.errors import LessonInvalidError
from worker.lessons.lesson_assembly import ChapterMark, LessonAssembly
from worker.rendering.encoding import TIME_BASE

if TYPE_CHECKING:
    # Generic in the type stubs alone.
    Packet = av.Packet[av.VideoStream] | av.Packet[av.AudioStream]

AUDIO_BRAND = "M4A "
"""The major brand of an MP4 to listen to: with it, players file it under music."""

_LANGUAGES = {
    "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "et": "est",
    "fi": "fin", "fr": "fra", "hr": "hrv", "hu": "hun", "id": "ind", "it": "ita", "lt": "lit",
    "lv": "lav", "ms": "msa", "nb": "nob", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por",
    "ro": "ron", "ru": "rus", "sk": "slk", "sl": "slv", "sv": "swe", "sw": "swa", "tr": "tur",
    "uk": "ukr", "vi": "vie",
}  # fmt: skip
"""ISO 639-1 to ISO 639-2/T, which MP4 wants, for the scripts that the font has."""


def language_code(language: str) -> str:
    """The three letters that MP4 stores for a BCP 47 language.

    Raises:
        LessonInvalidError: The language is not in the table.
    """
    primary = language.split("-", maxsplit=1)[0].lower()
    if primary in _LANGUAGES.values():
        return primary
    if primary not in _LANGUAGES:
        raise LessonInvalidError(
            f"no MP4 language code for {language!r}", "add it to worker/rendering/joining.py"
        )
    return _LANGUAGES[primary]


def join_lesson(assembly: LessonAssembly, target: Path) -> None:
    """Write the lesson's MP4 in place; it is complete when this returns.

    Raises:
        LessonInvalidError: Segments differ in their parameter sets, or are not as long as the
            assembly says.
    """
    language = language_code(assembly.language)
    options = {"movflags": "+faststart"} | ({} if assembly.segments else {"brand": AUDIO_BRAND})
    with ExitStack() as stack:
        container = stack.enter_context(
            av.open(str(target), "w", format="mp4", container_options=options)
        )
        inputs = [stack.enter_context(av.open(str(path))) for path in assembly.segments]
        sound = stack.enter_context(av.open(str(assembly.sound)))
        cover = stack.enter_context(av.open(str(assembly.cover))) if assembly.cover else None
        video = container.add_stream_from_template(inputs[0].streams.video[0]) if inputs else None
        audio = container.add_stream_from_template(sound.streams.audio[0])
        attached = _attach(cover, container) if cover else None
        container.metadata["title"] = assembly.title
        for stream in container.streams:
            stream.metadata["language"] = language
        container.set_chapters([_chapter(i, mark) for i, mark in enumerate(assembly.chapters)])
        if attached is not None:
            container.mux(attached)
        pictures = _shifted(inputs, video, assembly.frame_count) if video else iter(())
        for packet in merge(pictures, _copied(sound, audio), key=_decode_seconds):
            container.mux(packet)


def _attach(
    cover: av.container.InputContainer, target: av.container.OutputContainer
) -> av.Packet[av.VideoStream]:
    """Make room for a still picture that belongs to the file, and return it."""
    source = cover.streams.video[0]
    stream = target.add_stream_from_template(source)
    stream.disposition = Disposition.attached_pic
    packet = next(iter(cover.demux(source)))
    packet.stream = stream
    return packet


def _copied(
    source: av.container.InputContainer, target: av.AudioStream
) -> Iterator[av.Packet[av.AudioStream]]:
    for packet in source.demux(source.streams.audio[0]):
        if packet.dts is not None:  # the demuxer's end mark has none
            packet.stream = target
            yield packet


def _shifted(
    inputs: Sequence[av.container.InputContainer], target: av.VideoStream, frame_count: int
) -> Iterator[Packet]:
    """Every segment's packets, moved to their place in the lesson."""
    parameters = inputs[0].streams.video[0].codec_context.extradata
    start = 0
    for container in inputs:
        stream = container.streams.video[0]
        if stream.codec_context.extradata != parameters:
            raise LessonInvalidError("segments differ in their parameter sets")
        end = start
        for packet in container.demux(stream):
            if packet.pts is None or packet.dts is None or packet.duration is None:
                continue  # the demuxer's end mark
            grid = packet.time_base / TIME_BASE
            end = start + round((packet.pts + packet.duration) * grid)
            packet.pts += round(start / grid)
            packet.dts += round(start / grid)
            packet.stream = target
            yield packet
        start = end
    if start != frame_count:
        raise LessonInvalidError(f"the segments have {start} frames, not {frame_count}")


def _decode_seconds(packet: Packet) -> float:
    return float((packet.dts or 0) * packet.time_base)


def _chapter(index: int, mark: ChapterMark) -> av.container.core.Chapter:
    return {
        "id": index,
        "start": mark.first_frame,
        "end": mark.first_frame + mark.frame_count,
        "time_base": TIME_BASE,
        "metadata": {"title": mark.title},
    }
