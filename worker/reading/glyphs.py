"""Texts of a plan as outlines: the font's own curves, at the places that measuring gave them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import lru_cache

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont

from worker.layout.fonts import OPTICAL_SIZE, font_path, load_font

UNITS_PER_EM = 2048
"""Of Inter (its head table); outlines are in these units, and upside down for a picture."""


@dataclass(frozen=True, slots=True)
class Face:
    """A cut of the font."""

    weight: int
    is_italic: bool = False


@dataclass(slots=True)
class _Cut:
    """The glyphs of one cut; the font is read lazily, by one thread at a time."""

    face: Face
    lock: threading.Lock = field(default_factory=threading.Lock)
    known: dict[str, str] = field(default_factory=dict)
    font: TTFont = field(init=False)

    def __post_init__(self) -> None:
        self.font = TTFont(font_path(is_italic=self.face.is_italic), lazy=True)

    def outline(self, character: str) -> str:
        with self.lock:
            if character not in self.known:
                self.known[character] = self._draw(character)
            return self.known[character]

    def _draw(self, character: str) -> str:
        location = {"opsz": OPTICAL_SIZE, "wght": self.face.weight}
        glyphs = self.font.getGlyphSet(location=location)
        pen = SVGPathPen(glyphs, ntos=_whole)
        glyphs[self.font.getBestCmap()[ord(character)]].draw(pen)
        return str(pen.getCommands())


def outline_of(character: str, face: Face) -> str:
    """Return a character's outline as SVG path commands, in units of the font.

    Raises:
        KeyError: The font has no glyph for it; a plan holds no such character.
    """
    return _cut(face).outline(character)


def places_of(text: str, size: int, face: Face) -> tuple[float, ...]:
    """Return where each character's origin is, in pixels from the start of the text.

    They are measured with the same shaping that draws the lesson's frames, kerning included.
    """
    font = load_font(size, face.weight, is_italic=face.is_italic)
    return tuple(
        font.getlength(text[: number + 1]) - font.getlength(character)
        for number, character in enumerate(text)
    )


@lru_cache(maxsize=16)
def _cut(face: Face) -> _Cut:
    return _Cut(face)


def _whole(number: float) -> str:
    return str(round(number))
