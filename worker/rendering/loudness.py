"""Narration brought to one loudness: ITU-R BS.1770-4 as EBU R128 measures it.

Two passes: measure, then one linear gain for the whole lesson, so that the speaker's own
dynamics stay. Only where that gain lifts a peak over the ceiling does a limiter act on the
peak. True peaks lie between samples: they are measured there, and where one passes the ceiling
the limiter is set lower.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, NamedTuple

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono samples, full scale 1.0."""

Recording = Callable[[], Iterable[Samples]]
"""Reads a mono recording from its start, piece by piece; a lesson need not fit into memory."""

TARGET_LUFS = -16.0
"""LESSON_RULES "loudness": the usual level of spoken web video."""

CEILING_DBTP = -2.0
"""One dB under the rule's -1 dBTP: AAC moves peaks by up to that much when it is decoded."""

TOLERANCE_LU = 0.3
"""Closer to the target than this needs no further pass. (ours; the rule allows 1 LU)"""

TOLERANCE_DB = 0.25
"""A true peak may pass the ceiling by this without a further pass. (ours; 0.75 dB are left)"""

SILENCE_LUFS = -60.0
"""Quieter than this is no speech, and is left alone. (ours)"""

MOST_PASSES = 6
"""A limiter takes a little loudness away; so often, at most, is that made up for."""

_INSISTENCE = 1.6
"""How much more gain than is missing is given, since the limiter takes part of it. (ours)"""

_BETWEEN_SAMPLES_DB = 0.2
"""How far true peaks of speech are above its highest samples at 48 kHz, to begin with. (ours)"""

_PIECE = 48_000
_EBUR128 = ("ebur128", "metadata=1")

_PHASES = (
    (
        *(0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000),
        *(-0.0594482421875, 0.1373291015625, 0.9721679687500, -0.1022949218750),
        *(0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500),
    ),
    (
        *(-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250),
        *(-0.1665039062500, 0.4650878906250, 0.7797851562500, -0.2003173828125),
        *(0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375),
    ),
)
"""Half of the interpolating filter of ITU-R BS.1770-4, annex 2; the other half is its mirror."""

_INTERPOLATION = np.array([*_PHASES, *(phase[::-1] for phase in _PHASES)], dtype=np.float32).T
_TAPS = len(_INTERPOLATION)


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a whole recording measures.

    Attributes:
        lufs: Integrated loudness; -70 for silence.
        true_peak: In dBTP; minus infinity for silence.
    """

    lufs: float
    true_peak: float


def measure_loudness(pieces: Iterable[Samples], rate: int) -> Loudness:
    """Measure a mono recording of at least 0.4 s (shorter ones measure as silence)."""
    meter = _Meter()
    for _ in meter.heard(_filtered(pieces, rate, (_EBUR128,))):
        pass
    return meter.reading


def normalise(recording: Recording, rate: int, scratch: BinaryIO) -> Recording:
    """The same recording at the target loudness, under the ceiling, as long as before.

    Args:
        recording: What is to be made louder or quieter.
        rate: Samples a second.
        scratch: An open file that the result may be read from.
    """
    measured = measure_loudness(recording(), rate)
    if measured.lufs < SILENCE_LUFS:
        return recording
    gain = TARGET_LUFS - measured.lufs
    if measured.true_peak + gain <= CEILING_DBTP:
        factor = np.float32(10 ** (gain / 20))
        return lambda: (piece * factor for piece in recording())
    limit = CEILING_DBTP - _BETWEEN_SAMPLES_DB
    for _ in range(MOST_PASSES):
        measured = _limit(recording(), rate, _Limiting(gain, limit), scratch)
        missing, excess = TARGET_LUFS - measured.lufs, measured.true_peak - CEILING_DBTP
        if abs(missing) <= TOLERANCE_LU and excess <= TOLERANCE_DB:
            break
        # The limiter takes part of every further gain away.
        gain += missing * _INSISTENCE
        limit -= max(0.0, excess)
    return lambda: _read_samples(scratch)


def _read_samples(file: BinaryIO) -> Iterator[Samples]:
    file.seek(0)
    while len(piece := np.frombuffer(file.read(4 * _PIECE), dtype=np.float32)):
        yield piece


class _Limiting(NamedTuple):
    """A gain, and the level that no sample passes after it, in dB."""

    gain: float
    limit: float


def _limit(
    pieces: Iterable[Samples], rate: int, limiting: _Limiting, scratch: BinaryIO
) -> Loudness:
    """Write a recording louder and limited; returns what was written."""
    level = 10 ** (limiting.limit / 20)
    steps = (
        ("volume", f"{limiting.gain:.4f}dB:precision=float"),
        ("alimiter", f"limit={level:.6f}:attack=5:release=60:level=false:latency=true"),
        _EBUR128,
    )
    meter, count = _Meter(), 0

    def counted() -> Iterator[Samples]:
        nonlocal count
        for piece in pieces:
            count += len(piece)
            yield piece

    scratch.seek(0)
    heard = meter.heard(_filtered(counted(), rate, steps))
    scratch.writelines(samples.tobytes() for samples in heard)
    scratch.truncate(4 * count)  # the limiter rounds its delay
    return meter.reading


class _Meter:
    """Listens to what the filter ebur128 lets pass, and to its verdict so far."""

    def __init__(self) -> None:
        self._peak, self._lufs = 0.0, -70.0
        self._before: Samples = np.zeros(_TAPS - 1, dtype=np.float32)

    def heard(self, frames: Iterable[av.AudioFrame]) -> Iterator[Samples]:
        """The samples of the frames, with a look at each."""
        # The filter's frames are a tenth of a second: numpy would be called more than it works.
        for piece in _in_pieces(map(self._samples_of, frames)):
            both = np.concatenate([self._before, piece])
            self._peak = _true_peak(both, self._peak)
            self._before = both[1 - _TAPS :]
            yield piece

    def _samples_of(self, frame: av.AudioFrame) -> Samples:
        self._lufs = float(frame.metadata.get("lavfi.r128.I", self._lufs))
        return frame.to_ndarray().reshape(-1).astype(np.float32, copy=False)

    @property
    def reading(self) -> Loudness:
        """The loudness of all that was heard."""
        peak = 20 * math.log10(self._peak) if self._peak > 0 else -math.inf
        return Loudness(self._lufs, peak)


def _in_pieces(parts: Iterable[Samples]) -> Iterator[Samples]:
    """The same samples in fewer and longer arrays."""
    gathered: list[Samples] = []
    count = 0
    for part in parts:
        gathered.append(part)
        count += len(part)
        if count >= _PIECE:
            yield np.concatenate(gathered)
            gathered, count = [], 0
    if gathered:
        yield np.concatenate(gathered)


def _true_peak(samples: Samples, so_far: float) -> float:
    """The highest level between samples, interpolated at four times the rate, or the one so far."""
    levels = np.abs(samples)
    highest = max(so_far, float(levels.max(initial=0.0)))
    # Interpolation adds at most a few dB: only the neighbours of high samples matter.
    high = levels > highest / 2
    half = _TAPS // 2
    around = high[half - 1 : -half] | high[half : 1 - half]
    windows = np.lib.stride_tricks.sliding_window_view(samples, _TAPS)
    between = np.abs(windows[around] @ _INTERPOLATION)
    return max(highest, float(between.max(initial=0.0)))


def _filtered(
    pieces: Iterable[Samples], rate: int, steps: tuple[tuple[str, str], ...]
) -> Iterator[av.AudioFrame]:
    """Run samples through libavfilter; yields its frames (mono float)."""
    graph = Graph()
    source = graph.add_abuffer(
        format="flt", sample_rate=rate, layout="mono", time_base=Fraction(1, rate)
    )
    filters = [graph.add(name, arguments) for name, arguments in steps]
    tail = (graph.add("aformat", "sample_fmts=flt"), graph.add("abuffersink"))
    graph.link_nodes(source, *filters, *tail).configure()
    start = 0
    for piece in pieces:
        frame = av.AudioFrame.from_ndarray(piece[None, :], format="flt", layout="mono")
        frame.sample_rate = rate
        frame.pts = start
        start += len(piece)
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
