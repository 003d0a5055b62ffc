"""A finished lesson measured: its sound as it is heard, its texts as they are seen.

Both come from the decoded file, so that nothing here trusts what was meant to be in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from worker.lessons.quality.evidence import LEVELS_PER_SECOND, SoundFigures, TextContrast
from worker.lessons.render_plan import FormulaElement, ScenePlan, TextElement
from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.rendering.loudness import Samples, measure_loudness

SILENCE_DB = -100.0

LARGE_TEXT = 48
LARGE_BOLD_TEXT = 38
BOLD = 700
"""A 1080p picture on a screen of half its width: 24 and 19 CSS pixels (WCAG 2.1, "large")."""

_SHOWN = 0.7
"""A text that is fainter is on its way; past bullets, which step back, are above it."""

_CURTAIN_FRAMES = 9
"""At a scene's ends the curtain dims everything for a moment."""

_LINEAR_BELOW = 0.04045
_EXTREME_PERCENT = 2.0
"""Share of a text's pixels, in percent, that is surely the middle of strokes: they cover a fifth
of its box or more."""

Pixels = NDArray[np.uint8]
"""Rows, columns and channels: red, green, blue."""


def measure_sound(path: Path) -> SoundFigures:
    """Decode the sound of a file and measure it."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        peaks = _Peaks(max(1, rate // LEVELS_PER_SECOND))
        loudness = measure_loudness(peaks.hear(_samples(container)), rate)
    return SoundFigures(loudness.lufs, max(loudness.true_peak, SILENCE_DB), peaks.levels())


def _samples(container: av.container.InputContainer) -> Iterator[Samples]:
    mono = av.AudioResampler(format="flt", layout="mono")
    for frame in container.decode(container.streams.audio[0]):
        for part in mono.resample(frame):
            yield part.to_ndarray().reshape(-1).astype(np.float32, copy=False)


class _Peaks:
    """The highest sample of every stretch of so many samples."""

    def __init__(self, stretch: int) -> None:
        self._stretch = stretch
        self._rest: Samples = np.zeros(0, dtype=np.float32)
        self._peaks: list[float] = []

    def hear(self, pieces: Iterable[Samples]) -> Iterator[Samples]:
        """The same pieces, with a look at each."""
        for piece in pieces:
            both = np.concatenate([self._rest, np.abs(piece)])
            whole = len(both) // self._stretch * self._stretch
            self._peaks += both[:whole].reshape(-1, self._stretch).max(axis=1).tolist()
            self._rest = both[whole:]
            yield piece

    def levels(self) -> tuple[float, ...]:
        """In dB of full scale, to a tenth."""
        heard = np.maximum(np.array(self._peaks, dtype=np.float64), 10 ** (SILENCE_DB / 20))
        return tuple(np.round(20 * np.log10(heard), 1).tolist())


def measure_contrasts(video: Path, plans: Sequence[ScenePlan]) -> tuple[TextContrast, ...]:
    """Measure the texts in one picture of each scene: the one that shows the most of them."""
    found: list[TextContrast] = []
    first = 0
    with av.open(str(video)) as container:
        for plan in plans:
            frame = _fullest_frame(plan)
            second = (first + frame) / FRAMES_PER_SECOND
            pixels = _picture_at(container, second)
            found += [
                TextContrast(one.element_id, second, _contrast(pixels, one), _is_large(one))
                for one in _texts_at(plan, frame)
            ]
            first += plan.frame_count
    return tuple(found)


def _fullest_frame(plan: ScenePlan) -> int:
    """The frame on which most texts are there and none is on its way."""
    last = plan.frame_count - 1 - _CURTAIN_FRAMES
    frames = {one.motion.first_frame + one.motion.fade_in + 1 for one in _texts(plan)}
    between = {min(max(frame, _CURTAIN_FRAMES), max(last, 0)) for frame in frames | {last}}
    return max(sorted(between), key=lambda frame: len(_texts_at(plan, frame)))


def _texts(plan: ScenePlan) -> list[TextElement | FormulaElement]:
    return [one for one in plan.elements if isinstance(one, TextElement | FormulaElement)]


def _texts_at(plan: ScenePlan, frame: int) -> list[TextElement | FormulaElement]:
    return [
        one
        for one in _texts(plan)
        if one.motion.opacity_at(frame) >= _SHOWN and one.motion.offset_at(frame) == (0, 0)
    ]


def _is_large(text: TextElement | FormulaElement) -> bool:
    if isinstance(text, FormulaElement):
        size = max((run.font_size for run in text.runs), default=0)
    else:
        size = text.font_size
    return size >= LARGE_TEXT or (text.weight >= BOLD and size >= LARGE_BOLD_TEXT)


def _picture_at(container: av.container.InputContainer, second: float) -> Pixels:
    """The picture that is on screen at a time: a still one lasts until the next one."""
    stream = container.streams.video[0]
    base = stream.time_base
    if base is None:
        raise ValueError("the video has no clock")
    wanted = round(second / base)
    container.seek(wanted, stream=stream)
    shown: av.VideoFrame | None = None
    for frame in container.decode(stream):
        if shown is not None and frame.pts is not None and frame.pts > wanted:
            break
        shown = frame
    if shown is None:
        raise ValueError("the video has no picture there")
    picture = shown.reformat(format="rgb24", src_colorspace="ITU709")
    return picture.to_ndarray().astype(np.uint8, copy=False)


def _contrast(pixels: Pixels, text: TextElement | FormulaElement) -> float:
    """The contrast of a text's strokes with what most of its box is filled with (WCAG 2.1)."""
    box = text.box
    crop = pixels[max(0, box.y) : box.bottom, max(0, box.x) : box.right]
    if not crop.size:
        return 1.0
    luminance = _luminance(crop).reshape(-1)
    surface = float(np.median(luminance))
    dark, light = np.percentile(luminance, (_EXTREME_PERCENT, 100 - _EXTREME_PERCENT))
    return max(_ratio(surface, float(dark)), _ratio(surface, float(light)))


def _ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(pixels: Pixels) -> NDArray[np.float64]:
    """Relative luminance, from 0 to 1 (WCAG 2.1)."""
    channels = pixels / 255.0
    linear = np.where(
        channels <= _LINEAR_BELOW, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    weighted: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return weighted
