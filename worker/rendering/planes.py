"""Pictures as the encoder takes them: studio-range yuv420p with the matrix of BT.709.

Everything is drawn in luma and chroma at once: blending is linear, so it gives what blending in
RGB and converting afterwards gives, and nothing has to be converted frame by frame. Chroma is
stored once for 2 x 2 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from numpy.typing import NDArray
from PIL import Image

from worker.layout.theme import rgb
from worker.lessons.render_plan import Box

Pixels = NDArray[np.uint8]

BT709 = 1
"""The code of BT.709 for primaries, transfer and matrix alike (ITU-T H.273)."""

_LEVELS = np.arange(256, dtype=np.float64)

_RED, _BLUE = 0.2126, 0.0722
"""Shares of luma (ITU-R BT.709-6, item 3.2); green has the rest."""


class Color(NamedTuple):
    """A colour in studio range: luma 16 to 235, blue and red differences 16 to 240."""

    luma: int
    blue: int
    red: int


@lru_cache(maxsize=256)
def color_of(color: str) -> Color:
    """The colour of ``#rrggbb`` (ITU-R BT.709-6, items 3.2 to 3.5, 8 bits)."""
    channels = np.array(rgb(color), dtype=np.float64)
    return Color(*(round(float(value)) for value in _converted(channels)))


def _converted(channels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Luma and differences, before rounding, of RGB channels in the last axis."""
    red, green, blue = (channels[..., index] / 255 for index in range(3))
    luma = _RED * red + (1 - _RED - _BLUE) * green + _BLUE * blue
    by, ry = (blue - luma) / (2 * (1 - _BLUE)), (red - luma) / (2 * (1 - _RED))
    return np.stack([16 + 219 * luma, 128 + 224 * by, 128 + 224 * ry], axis=-1)


@dataclass(slots=True)
class PlaneSprite:
    """A transparent picture: its alpha, and its luma and chroma, which one colour may give.

    Attributes:
        alpha: Mode L, of the sprite's size.
        colors: Mode L each, of the sprite's size; or one colour for all pixels.
    """

    alpha: Image.Image
    colors: Color | tuple[Image.Image, Image.Image, Image.Image]
    _chroma: dict[tuple[int, int], tuple[Image.Image, _Source, _Source]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, sprite: Image.Image) -> Self:
        """The planes of an RGBA picture."""
        pixels = np.asarray(sprite.convert("RGB"), dtype=np.float64)
        luma, blue, red = np.moveaxis(np.rint(_converted(pixels)).astype(np.uint8), -1, 0)
        images = (Image.fromarray(np.ascontiguousarray(plane)) for plane in (luma, blue, red))
        first, second, third = images
        return cls(sprite.getchannel("A"), (first, second, third))

    @property
    def luma(self) -> _Source:
        """What is laid onto the luma plane."""
        return self.colors[0]

    def chroma(self, shift: tuple[int, int]) -> tuple[Image.Image, _Source, _Source]:
        """Alpha, blue and red at half the size, for a sprite that starts off the chroma grid.

        Args:
            shift: Pixels from the grid to the sprite's corner, 0 or 1 right and down.
        """
        if shift not in self._chroma:
            alpha = _halved(self.alpha, shift)
            if isinstance(self.colors, Color):
                self._chroma[shift] = (alpha, self.colors.blue, self.colors.red)
            else:
                blue, red = (self._halved_color(self.colors[index], shift) for index in (1, 2))
                self._chroma[shift] = (alpha, blue, red)
        return self._chroma[shift]

    def _halved_color(self, plane: Image.Image, shift: tuple[int, int]) -> Image.Image:
        """The mean of each 2 x 2 pixels, by their alpha."""
        alpha = np.asarray(self.alpha, dtype=np.float32) + np.float32(1e-3)
        weighted = Image.fromarray(np.asarray(plane, dtype=np.float32) * alpha)
        weights = _halved(Image.fromarray(alpha), shift)
        mean = np.asarray(_halved(weighted, shift)) / np.asarray(weights)
        return Image.fromarray(np.rint(mean).astype(np.uint8))


_Source = int | Image.Image


def _halved(plane: Image.Image, shift: tuple[int, int]) -> Image.Image:
    """A plane on the chroma grid: the mean of each 2 x 2 pixels, nothing being around it."""
    width = (plane.width + shift[0] + 1) // 2 * 2
    height = (plane.height + shift[1] + 1) // 2 * 2
    if (width, height) != plane.size:
        padded = Image.new(plane.mode, (width, height), 0)
        padded.paste(plane, shift)
        plane = padded
    return plane.reduce(2)


def _faded(alpha: Image.Image, opacity: float) -> Image.Image:
    return alpha if opacity >= 1.0 else alpha.point(_fading(opacity))


@lru_cache(maxsize=64)
def _fading(opacity: float) -> list[int]:
    """What becomes of each level of alpha; a few opacities serve all fades of a lesson."""
    return [round(level * opacity) for level in range(256)]


@dataclass(frozen=True, slots=True)
class PlanePicture:
    """An opaque picture of even width and height.

    Attributes:
        luma: Mode L, of the picture's size.
        blue: Mode L, half as wide and half as high.
        red: As `blue`.
    """

    luma: Image.Image
    blue: Image.Image
    red: Image.Image

    @classmethod
    def filled(cls, width: int, height: int, color: Color) -> Self:
        """A picture of one colour."""
        half = (width // 2, height // 2)
        return cls(
            Image.new("L", (width, height), color.luma),
            Image.new("L", half, color.blue),
            Image.new("L", half, color.red),
        )

    def copy(self) -> PlanePicture:
        """Another picture that looks the same."""
        return PlanePicture(self.luma.copy(), self.blue.copy(), self.red.copy())

    def paste(self, sprite: PlaneSprite, at: tuple[int, int], opacity: float = 1.0) -> None:
        """Lay a sprite onto the picture, its corner at a pixel that may be outside."""
        (x, y), (width, height) = at, sprite.alpha.size
        alpha = _faded(sprite.alpha, opacity)
        self.luma.paste(sprite.luma, (x, y, x + width, y + height), alpha)
        alpha, blue, red = sprite.chroma((x % 2, y % 2))
        alpha = _faded(alpha, opacity)
        place = (x // 2, y // 2, x // 2 + alpha.width, y // 2 + alpha.height)
        self.blue.paste(blue, place, alpha)
        self.red.paste(red, place, alpha)

    def mixed(self, other: PlanePicture, share: float) -> PlanePicture:
        """This picture with a share (0.0 to 1.0) of another one of its size."""
        if share >= 1.0:
            return other
        return PlanePicture(
            Image.blend(self.luma, other.luma, share),
            Image.blend(self.blue, other.blue, share),
            Image.blend(self.red, other.red, share),
        )

    def toned(self, color: Color, share: float) -> PlanePicture:
        """This picture with a share (0.0 to 1.0) of one colour; three times as fast as `mixed`."""
        planes = (self.luma, self.blue, self.red)
        return PlanePicture(
            *(
                plane.point(np.rint(_LEVELS + (tone - _LEVELS) * share).tolist())
                for plane, tone in zip(planes, color, strict=True)
            )
        )

    def only_color(self) -> Color | None:
        """The colour of all pixels; None where there are several."""
        corner = Color(*(int(np.asarray(p)[0, 0]) for p in (self.luma, self.blue, self.red)))
        extremes = (plane.getextrema() for plane in (self.luma, self.blue, self.red))
        is_even = all(pair == (tone, tone) for pair, tone in zip(extremes, corner, strict=True))
        return corner if is_even else None


@dataclass(slots=True)
class PlaneCanvas:
    """A whole frame that is repainted rectangle by rectangle.

    Attributes:
        pixels: The luma, then both chroma planes without gaps, in rows of the frame's width.
    """

    pixels: Pixels
    width: int
    height: int
    _planes: PlanePicture = field(init=False, repr=False)

    def __post_init__(self) -> None:
        size, half = (self.width, self.height), (self.width // 2, self.height // 2)
        blue, red = self.height, self.height + self.height // 4
        self._planes = PlanePicture(
            _shared(self.pixels[:blue], size),
            _shared(self.pixels[blue:red], half),
            _shared(self.pixels[red:], half),
        )

    @classmethod
    def blank(cls, width: int, height: int) -> Self:
        """A canvas of that many pixels (multiples of 4) with nothing painted yet."""
        return cls(np.zeros((height * 3 // 2, width), dtype=np.uint8), width, height)

    def paint(self, picture: PlanePicture, box: Box) -> None:
        """Lay a picture onto a rectangle of its size with even coordinates."""
        corner = (box.x // 2, box.y // 2)
        self._planes.luma.paste(picture.luma, (box.x, box.y))
        self._planes.blue.paste(picture.blue, corner)
        self._planes.red.paste(picture.red, corner)

    def frame(self) -> VideoFrame:
        """The canvas as PyAV sees it; the pixels are shared, and tagged as what they are."""
        frame = VideoFrame.from_numpy_buffer(self.pixels, format="yuv420p")
        frame.colorspace = frame.color_primaries = frame.color_trc = BT709
        frame.color_range = ColorRange.MPEG
        return frame


def _shared(rows: Pixels, size: tuple[int, int]) -> Image.Image:
    """Rows of an array as an image: what is pasted goes straight into the array."""
    image = Image.frombuffer("L", size, rows, "raw", "L", 0, 1)
    image.readonly = 0  # else Pillow would paste onto a copy
    return image
