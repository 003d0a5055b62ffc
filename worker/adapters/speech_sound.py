"""What every voice's sound goes through: silent ends cut off, samples packed, times shared out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.lessons.errors import NarrationError
from worker.lessons.narration import WordTiming

AUDIBLE = 0.004
"""Amplitude (of 1) above which a voice is heard: -48 dB."""

EDGE_SECONDS = 0.003
"""Over which a sentence swells from silence and dies away: cut off at full strength, it clicks."""

MARGIN_BEFORE_SECONDS = 0.08
MARGIN_AFTER_SECONDS = 0.15
"""Kept around a sentence when its silent ends are cut off: the storyboard sets the pauses."""


def audible(wave: npt.NDArray[Any], rate: int) -> tuple[int, int]:
    """Return the samples between which a sentence is heard, with a margin on both sides.

    Raises:
        NarrationError: There is nothing to hear.
    """
    loud = np.flatnonzero(np.abs(wave) > AUDIBLE)
    if not len(loud):
        raise NarrationError("the voice gave silence for a sentence")
    first = max(0, int(loud[0] - MARGIN_BEFORE_SECONDS * rate))
    return first, min(len(wave), int(loud[-1] + MARGIN_AFTER_SECONDS * rate))


def without_clicks(wave: npt.NDArray[Any], rate: int) -> npt.NDArray[Any]:
    """Return a sentence that begins and ends in silence, whatever it was cut from."""
    count = min(round(EDGE_SECONDS * rate), len(wave) // 2)
    swell = np.linspace(0.0, 1.0, count, endpoint=False)
    shape = np.ones(len(wave))
    shape[:count], shape[len(wave) - count :] = swell, swell[::-1]
    return wave * shape


def within(seconds: float, longest: float) -> float:
    """Move a time into a sound of a length."""
    return min(max(0.0, seconds), longest)


def share_out(
    words: Sequence[str], start: float, end: float, weights: Sequence[int] | None = None
) -> Iterator[WordTiming]:
    """Share a stretch of time out among words.

    Args:
        words: As the sentence has them.
        start: Where the first begins, in seconds.
        end: Where the last ends, in seconds.
        weights: How much of the time each takes; by its letters if None.
    """
    weights = [len(word) for word in words] if weights is None else weights
    total = sum(weights)
    for word, weight in zip(words, weights, strict=True):
        until = start + (end - start) * weight / total if total else start
        yield WordTiming(word, start, until)
        start, total = until, total - weight


def to_pcm(wave: npt.NDArray[Any]) -> bytes:
    """Pack amplitudes (-1 to 1) as signed 16-bit little-endian samples."""
    return bytes((np.clip(wave, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
