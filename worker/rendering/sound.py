"""The narration encoded once, for the whole lesson.

Encoding it scene by scene would add AAC's padding at every scene; encoded once, no scene starts
late. It is read from its file piece by piece: memory does not grow with the lesson.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler

from worker.lessons.errors import LessonInvalidError
from worker.lessons.lesson_assembly import Narration
from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.rendering.loudness import Samples, normalise

AUDIO_RATE = 48_000
AUDIO_BIT_RATE = 96_000
"""For one voice: its coding noise is 35 dB down, 24 dB or more in every band up to 12 kHz. At
128 kbit/s (41 dB) nobody hears more, and a minute is 0.2 MB larger. (ours)"""

_PIECE_SECONDS = 1
_FULL_SCALE = np.float32(32_768)


def encode_sound(narration: Narration, target: Path) -> None:
    """Write the narration as AAC, at the target loudness; it is complete when this returns.

    Raises:
        LessonInvalidError: The narration is off by more than one frame.
    """
    _check_length(narration)
    # Without a name: a child that is killed leaves nothing.
    with (
        tempfile.TemporaryFile(dir=target.parent) as scratch,
        av.open(str(target), "w", format="mp4") as container,
    ):
        # At the voice's own rate: a pass over 24 kHz costs half of one over what is encoded.
        spoken = normalise(partial(spoken_samples, narration), narration.sample_rate, scratch)
        stream = container.add_stream("aac", rate=AUDIO_RATE, options={"aac_coder": "fast"})
        stream.layout = "mono"
        stream.bit_rate = AUDIO_BIT_RATE
        written = 0
        for piece in as_long_as_the_video(spoken(), narration):
            # PyAV cuts it into the encoder's frames; done here, that took a third of the encoding.
            frame = av.AudioFrame.from_ndarray(piece[None, :], format="fltp", layout="mono")
            frame.sample_rate = AUDIO_RATE
            frame.time_base = Fraction(1, AUDIO_RATE)
            frame.pts = written
            written += len(piece)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _check_length(narration: Narration) -> None:
    seconds = narration.samples.stat().st_size / 2 / narration.sample_rate
    wanted = narration.frame_count / FRAMES_PER_SECOND
    if abs(seconds - wanted) > 1 / FRAMES_PER_SECOND:
        raise LessonInvalidError(
            f"the narration lasts {seconds:.3f} s, the pictures {wanted:.3f} s"
        )


def spoken_samples(narration: Narration) -> Iterator[Samples]:
    """The narration at its own rate, piece by piece."""
    piece_size = 2 * narration.sample_rate * _PIECE_SECONDS
    with narration.samples.open("rb") as file:
        while len(pcm := np.frombuffer(file.read(piece_size), dtype="<i2")):
            yield pcm.astype(np.float32) / _FULL_SCALE


def as_long_as_the_video(pieces: Iterable[Samples], narration: Narration) -> Iterator[Samples]:
    """The samples at 48 kHz, exactly as long as the video."""
    left = narration.frame_count * AUDIO_RATE // FRAMES_PER_SECOND
    for piece in _resampled(pieces, narration.sample_rate):
        if len(kept := piece[:left]):
            yield kept
            left -= len(kept)
    if left:
        yield np.zeros(left, dtype=np.float32)


def _resampled(pieces: Iterable[Samples], rate: int) -> Iterator[Samples]:
    resampler = AudioResampler(format="flt", layout="mono", rate=AUDIO_RATE)
    for piece in pieces:
        frame = av.AudioFrame.from_ndarray(piece[None, :], format="flt", layout="mono")
        frame.sample_rate = rate
        yield from map(_samples_of, resampler.resample(frame))
    yield from map(_samples_of, resampler.resample(None))


def _samples_of(frame: av.AudioFrame) -> Samples:
    return frame.to_ndarray().reshape(-1).astype(np.float32, copy=False)
