"""The one font family of all pictures: Inter, from its wheel, never from the machine.

Inter is a variable font with two axes: optical size (14 to 32) and weight (100 to 900). Every
text here is 36 px or more, so the optical size is always the display cut.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import fontpkg_inter
from fontTools.ttLib import TTFont
from PIL import ImageFont

from worker.lessons.errors import LayoutError

OPTICAL_SIZE = 32
REGULAR, MEDIUM, SEMIBOLD, BOLD, EXTRABOLD = 400, 500, 600, 700, 800

CAP_HEIGHT = 1490 / 2048
"""Height of a capital letter as a share of the font size (Inter's OS/2 table)."""

OVERHANG = 494 / 2048
"""Room below the baseline, and above the capitals, as a share of the font size (hhea table)."""


def font_path(*, is_italic: bool = False) -> Path:
    """The font file that the wheel brought."""
    style = "-Italic" if is_italic else ""
    return Path(fontpkg_inter.ROOT) / "files" / f"Inter{style}[opsz,wght].ttf"


@lru_cache(maxsize=128)
def load_font(size: int, weight: int, *, is_italic: bool = False) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels and a weight from 100 to 900."""
    font = ImageFont.truetype(str(font_path(is_italic=is_italic)), size)
    font.set_variation_by_axes([OPTICAL_SIZE, weight])
    return font


@lru_cache(maxsize=1)
def _code_points() -> frozenset[int]:
    """What the font can draw and a text may hold: private and control characters are no text."""
    with TTFont(font_path(), lazy=True) as font:
        return frozenset(
            code for code in font.getBestCmap() if unicodedata.category(chr(code)) not in _NO_TEXT
        )


@lru_cache(maxsize=4096)
def clean_text(text: str) -> str:
    """The text as it is drawn: composed (NFC), with a book's signs and without doubled spaces.

    Apostrophes and quotation marks become curly, and a hyphen that is a minus becomes one.
    A number and its unit stay on one line; no-break spaces do so for anything else. A few signs
    that the font lacks become the sign that reads the same: ``⇄`` becomes ``↔``.

    Raises:
        LayoutError: The font has no glyph for one of its characters, or cannot place one; the
            message names it.
    """
    composed = unicodedata.normalize("NFC", text)
    cleaned = " ".join(word for word in composed.translate(_SPELLED).split(" ") if word)
    cleaned = _APOSTROPHE.sub("\u2019", cleaned)
    cleaned = _OPENING.sub("\u201c", cleaned).replace('"', "\u201d")
    cleaned = _MINUS.sub("\N{MINUS SIGN}", cleaned)
    cleaned = _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", cleaned)
    require_glyphs(cleaned)
    _require_line(cleaned)
    return cleaned


def require_glyphs(text: str) -> None:
    """Refuse what the font cannot draw: whole scripts, emoji, and signs that no text holds.

    Scripts that run from right to left or join their letters are among them: Inter has none.

    Raises:
        LayoutError: The font has no glyph for one of its characters; the message names it.
    """
    missing = sorted({char for char in text if ord(char) not in _code_points()})
    if missing:
        named = ", ".join(
            f"U+{ord(char):04X} {unicodedata.name(char, 'unnamed')}" for char in missing
        )
        raise LayoutError(
            f"the font has no glyph for {named}",
            "write it in words, or with characters that Inter has",
        )


def _require_line(text: str) -> None:
    """Refuse marks that stand on nothing, and letters with more marks than a line holds.

    Raises:
        LayoutError: A mark cannot be placed; the message names the first one.
    """
    marks = [place for place, char in enumerate(text) if unicodedata.category(char) in _MARKS]
    for place in marks:
        before = text[place - 1] if place else " "
        if before == " " or place - 1 in marks:
            name = unicodedata.name(text[place], "unnamed")
            why = "stands on no letter" if before == " " else "is one mark too many on its letter"
            raise LayoutError(f"U+{ord(text[place]):04X} {name} {why}", "write the plain letter")


_NO_TEXT = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_MARKS = frozenset({"Mn", "Me", "Mc"})

_SPELLED = {ord(char): " " for char in "\n\r\t\v\f\x85\u2028\u2029"} | {
    0x21C4: "\u2194",  # arrows both ways
    0x22C5: "\u00b7",  # dot operator: middle dot
    0x2714: "\u2713",  # heavy check mark: check mark
    0x2718: "\u2717",  # heavy ballot x: ballot x
}

_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=(?:[^\W\d_]|\s|$))")
"""Between or after letters; the primes of f'(x) and 5' stay straight."""

_OPENING = re.compile(r'(?:(?<=^)|(?<=[\s(\[]))"(?=\S)')
"""At the start of a word; every other straight quotation mark closes."""

_MINUS = re.compile(r"(?:(?<=^)|(?<=[\s(=<>\u2248]))-(?=\d)|(?<=[\w)] )-(?= [\w(])")
"""Before a number, or between spaces in a sum; the hyphens of words stay."""

_UNITS = "m|mm|cm|km|g|kg|s|h|min|N|J|kJ|W|V|A|K|Hz|Pa|L|%|°C|m/s|km/h|N/kg|m/s²"
_BEFORE_UNIT = re.compile(rf"(?<=\d) (?=(?:{_UNITS})(?:$|[\s,.;:)]))")
"""The space between a number and its unit."""
