"""Segments and narration joined into one MP4: video copied, audio encoded once.

Encoding the narration scene by scene would add AAC's padding at every scene; encoded once, no
scene starts late. Without segments the file is a lesson to listen to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from worker.lessons.errors import LessonInvalidError
from worker.lessons.render_plan import ChapterMark, LessonAssembly
from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.rendering.encoding import TIME_BASE
from worker.rendering.loudness import Samples, normalise

AUDIO_RATE = 48_000
AUDIO_BIT_RATE = 128_000
AAC_FRAME = 1024
"""Samples of one AAC-LC frame."""

if TYPE_CHECKING:
    # Generic in the type stubs alone.
    Packet = av.Packet[av.VideoStream] | av.Packet[av.AudioStream]

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
        LessonInvalidError: Segments differ in their parameter sets, or segments and narration
            are not as long as the assembly says.
    """
    samples = narration_samples(assembly)
    language = language_code(assembly.language)
    kind = "mp4" if assembly.segments else "ipod"  # the brand of audio files, .m4a
    options = {"movflags": "+faststart"}
    with ExitStack() as stack:
        container = stack.enter_context(
            av.open(str(target), "w", format=kind, container_options=options)
        )
        inputs = [stack.enter_context(av.open(str(path))) for path in assembly.segments]
        video = container.add_stream_from_template(inputs[0].streams.video[0]) if inputs else None
        audio = container.add_stream("aac", rate=AUDIO_RATE, options={"aac_coder": "fast"})
        audio.layout = "mono"
        audio.bit_rate = AUDIO_BIT_RATE
        container.metadata["title"] = assembly.title
        for stream in container.streams:
            stream.metadata["language"] = language
        container.set_chapters([_chapter(i, mark) for i, mark in enumerate(assembly.chapters)])
        sounds = list(_encode(audio, samples))
        pictures = _shifted(inputs, video, assembly.frame_count) if video else iter(())
        for packet in merge(pictures, sounds, key=_decode_seconds):
            container.mux(packet)


def narration_samples(assembly: LessonAssembly) -> Samples:
    """The narration at 48 kHz and at the target loudness, exactly as long as the video.

    Raises:
        LessonInvalidError: The narration is off by more than one frame.
    """
    pcm = np.fromfile(assembly.narration, dtype="<i2")
    wanted = assembly.frame_count / FRAMES_PER_SECOND
    if abs(len(pcm) / assembly.sample_rate - wanted) > 1 / FRAMES_PER_SECOND:
        raise LessonInvalidError(
            f"the narration lasts {len(pcm) / assembly.sample_rate:.3f} s, "
            f"the pictures {wanted:.3f} s"
        )
    samples = _resampled(pcm, assembly.sample_rate)
    count = assembly.frame_count * AUDIO_RATE // FRAMES_PER_SECOND
    samples = np.pad(samples[:count], (0, max(0, count - len(samples))))
    return normalise(samples, AUDIO_RATE)


def _resampled(pcm: NDArray[np.int16], rate: int) -> Samples:
    frame = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = AudioResampler(format="flt", layout="mono", rate=AUDIO_RATE)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


def _encode(stream: av.AudioStream, samples: Samples) -> Iterator[Packet]:
    for start in range(0, len(samples), AAC_FRAME):
        chunk = np.ascontiguousarray(samples[None, start : start + AAC_FRAME])
        frame = av.AudioFrame.from_ndarray(chunk, format="fltp", layout="mono")
        frame.sample_rate = AUDIO_RATE
        frame.time_base = Fraction(1, AUDIO_RATE)
        frame.pts = start
        yield from stream.encode(frame)
    yield from stream.encode(None)


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
