"""Narration brought to one loudness: ITU-R BS.1770-4 as EBU R128 measures it.

Two passes: measure, then one linear gain for the whole lesson, so that the speaker's own
dynamics stay. Only where that gain lifts a peak over the ceiling does a limiter act on the
peak, at four times the sample rate, since true peaks lie between samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono samples, full scale 1.0."""

TARGET_LUFS = -16.0
"""LESSON_RULES "loudness": the usual level of spoken web video."""

CEILING_DBTP = -2.0
"""One dB under the rule's -1 dBTP: AAC moves peaks by up to that much when it is decoded."""

TOLERANCE_LU = 0.2
"""Closer to the target than this needs no further pass. (ours; the rule allows 1 LU)"""

SILENCE_LUFS = -60.0
"""Quieter than this is no speech, and is left alone. (ours)"""

MOST_PASSES = 6
"""A limiter takes a little loudness away; so often is that made up for."""

_CHUNK = 9600
_OVERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a whole recording measures.

    Attributes:
        lufs: Integrated loudness; -70 for silence.
        true_peak: In dBTP; minus infinity for silence.
    """

    lufs: float
    true_peak: float


def measure_loudness(samples: Samples, rate: int) -> Loudness:
    """Measure a mono recording of at least 0.4 s (shorter ones measure as silence)."""
    peak, lufs = 0.0, -70.0
    for frame in _filtered(samples, rate, (("ebur128", "peak=true:metadata=1"),)):
        facts = frame.metadata
        lufs = float(facts.get("lavfi.r128.I", lufs))
        peak = max(peak, float(facts.get("lavfi.r128.true_peak", peak)))
    return Loudness(lufs, 20 * math.log10(peak) if peak > 0 else -math.inf)


def normalise(samples: Samples, rate: int) -> Samples:
    """The same recording at the target loudness, under the ceiling, as long as before."""
    measured = measure_loudness(samples, rate)
    if measured.lufs < SILENCE_LUFS:
        return samples
    gain = 0.0
    louder = samples
    for _ in range(MOST_PASSES):
        if abs(measured.lufs - TARGET_LUFS) <= TOLERANCE_LU and measured.true_peak < CEILING_DBTP:
            break
        gain += TARGET_LUFS - measured.lufs
        louder = samples * np.float32(10 ** (gain / 20))
        if measured.true_peak + TARGET_LUFS - measured.lufs > CEILING_DBTP:
            louder = _limited(louder, rate)
        measured = measure_loudness(louder, rate)
    return louder


def _limited(samples: Samples, rate: int) -> Samples:
    ceiling = 10 ** ((CEILING_DBTP - 0.2) / 20)  # the way down to 48 kHz may ring a little
    steps = (
        ("aresample", str(rate * _OVERSAMPLING)),
        ("alimiter", f"limit={ceiling:.6f}:attack=5:release=60:level=false:latency=true"),
        ("aresample", str(rate)),
    )
    parts = [frame.to_ndarray().reshape(-1) for frame in _filtered(samples, rate, steps)]
    limited = np.concatenate(parts).astype(np.float32)[: len(samples)]
    return np.pad(limited, (0, len(samples) - len(limited)))


def _filtered(
    samples: Samples, rate: int, steps: tuple[tuple[str, str], ...]
) -> Iterator[av.AudioFrame]:
    """Run samples through libavfilter; yields its frames (mono float)."""
    graph = Graph()
    source = graph.add_abuffer(
        format="flt", sample_rate=rate, layout="mono", time_base=Fraction(1, rate)
    )
    filters = [graph.add(name, arguments) for name, arguments in steps]
    tail = (graph.add("aformat", "sample_fmts=flt"), graph.add("abuffersink"))
    graph.link_nodes(source, *filters, *tail).configure()
    for start in range(0, len(samples), _CHUNK):
        chunk = samples[None, start : start + _CHUNK].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(chunk, format="flt", layout="mono")
        frame.sample_rate = rate
        frame.pts = start
        graph.push(frame)
        yield from _pull(graph)
    graph.push(None)
    yield from _pull(graph)


def _pull(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(frame, av.AudioFrame):
            yield frame
