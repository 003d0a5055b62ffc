"""Formulas set in the lesson's own font: variables in italics, real minus, fractions, roots."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import ceil, floor

from worker.layout.fonts import CAP_HEIGHT, load_font, require_glyphs
from worker.layout.text import MINIMUM_SIZE
from worker.lessons.formula import Fraction, Item, Root, Row, Scripted, Spacing, Symbol
from worker.lessons.render_plan import Box, FormulaRun

_FRACTION_SIZE = 0.82
_SCRIPT_SIZE = 0.64
_POWER_RISE = 0.40
_INDEX_DROP = 0.16
_BAR_GAP = 0.18
_BAR_REACH = 0.08
_STROKE = 0.062
_ROOT_GAP = 0.13
_TICK = 0.48
"""Shares of the font size; a root's tick is that wide."""

_SPACES = {Spacing.NONE: 0.0, Spacing.BINARY: 4 / 18, Spacing.RELATION: 5 / 18}
"""At each side, as shares of the font size, as TeX has them."""

_Path = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Typeset:
    """A formula set at the origin: its baseline is row 0, its left edge column 0.

    Attributes:
        ascent: How far its ink rises above the baseline, in pixels.
        descent: How far its ink falls below it.
        paths: Fraction bars and roots.
    """

    width: float
    ascent: float
    descent: float
    runs: tuple[FormulaRun, ...] = ()
    paths: tuple[_Path, ...] = ()

    @property
    def smallest_size(self) -> int:
        """The font size of its smallest signs, in pixels."""
        return min((run.font_size for run in self.runs), default=MINIMUM_SIZE)

    def moved(self, dx: float, dy: float) -> Typeset:
        """The same, elsewhere; what it takes is counted from the origin still."""
        return Typeset(
            self.width + dx,
            self.ascent - dy,
            self.descent + dy,
            tuple(
                FormulaRun(r.text, r.x + dx, r.baseline + dy, r.font_size, is_italic=r.is_italic)
                for r in self.runs
            ),
            tuple(tuple((x + dx, y + dy) for x, y in path) for path in self.paths),
        )

    def beside(self, other: Typeset) -> Typeset:
        """Both on one baseline; the other was moved to its place before."""
        return Typeset(
            max(self.width, other.width),
            max(self.ascent, other.ascent),
            max(self.descent, other.descent),
            self.runs + other.runs,
            self.paths + other.paths,
        )

    def ink_box(self, stroke_width: float) -> Box:
        """The box that holds all ink."""
        reach = ceil(stroke_width / 2) + 2
        top, bottom = floor(-self.ascent) - reach, ceil(self.descent) + reach
        return Box(-reach, top, ceil(self.width) + 2 * reach, bottom - top)


_NOTHING = Typeset(0.0, 0.0, 0.0)


def stroke_width(size: int) -> float:
    """Thickness of fraction bars and roots, in pixels."""
    return size * _STROKE


def set_formula(row: Row, size: int, weight: int) -> Typeset:
    """Set a row at a font size in pixels; parts of fractions and scripts are smaller.

    Raises:
        LayoutError: The font has no glyph for one of its signs.
    """
    placed, x = _NOTHING, 0.0
    for place, item in enumerate(row.items):
        space = _SPACES[item.spacing] * size if isinstance(item, Symbol) else 0.0
        x += space if place else 0.0
        part = _item(item, size, weight)
        placed = placed.beside(part.moved(x, 0))
        x += part.width + space
    return placed


def _item(item: Item, size: int, weight: int) -> Typeset:
    if isinstance(item, Symbol):
        return _symbol(item, size, weight)
    if isinstance(item, Fraction):
        return _fraction(item, size, weight)
    if isinstance(item, Root):
        return _root(item, size, weight)
    return _scripted(item, size, weight)


def _symbol(symbol: Symbol, size: int, weight: int) -> Typeset:
    require_glyphs(symbol.text)
    font = load_font(size, weight, is_italic=symbol.is_variable)
    if symbol.text == "\N{NO-BREAK SPACE}":
        return Typeset(size / 6, 0.0, 0.0)
    left, top, right, bottom = font.getbbox(symbol.text, anchor="ls")
    start = max(0.0, -left)
    width = start + max(font.getlength(symbol.text), right)
    run = FormulaRun(symbol.text, start, 0, size, is_italic=symbol.is_variable)
    return Typeset(width, max(0.0, -top), max(0.0, bottom), (run,))


def _fraction(fraction: Fraction, size: int, weight: int) -> Typeset:
    inner = round(size * _FRACTION_SIZE)
    top, bottom = (
        set_formula(fraction.top, inner, weight),
        set_formula(fraction.bottom, inner, weight),
    )
    width = max(top.width, bottom.width) + 2 * size * _BAR_REACH
    axis, gap = _axis(size, weight), size * _BAR_GAP + stroke_width(size) / 2
    above = top.moved((width - top.width) / 2, axis - gap - top.descent)
    below = bottom.moved((width - bottom.width) / 2, axis + gap + bottom.ascent)
    half = stroke_width(size) / 2
    bar = Typeset(width, 0, 0, (), (((half, axis), (width - half, axis)),))
    # Two bars in a row would read as one without room between them.
    side = size * _BAR_REACH
    both = reduce(Typeset.beside, (above, below, bar))
    moved = both.moved(side, 0)
    return Typeset(width + 2 * side, both.ascent, both.descent, moved.runs, moved.paths)


def _axis(size: int, weight: int) -> float:
    """The row in the middle of a minus, on which fraction bars lie."""
    _, top, _, bottom = load_font(size, weight).getbbox("\N{MINUS SIGN}", anchor="ls")
    return (top + bottom) / 2


def _root(root: Root, size: int, weight: int) -> Typeset:
    body = set_formula(root.body, size, weight)
    rise = max(body.ascent, size * CAP_HEIGHT) + size * _ROOT_GAP
    tick, foot = size * _TICK, body.descent
    end = tick + body.width + size * _BAR_REACH
    sign = (
        (size * 0.03, -rise * 0.42),
        (size * 0.13, -rise * 0.50),
        (tick * 0.55, foot),
        (tick * 0.95, -rise),
        (end, -rise),
    )
    drawn = Typeset(end + size * 0.05, rise, foot, (), (sign,))
    return drawn.beside(body.moved(tick, 0))


def _scripted(scripted: Scripted, size: int, weight: int) -> Typeset:
    base = _item(scripted.base, size, weight)
    inner = round(size * _SCRIPT_SIZE)
    gap = size * 0.04
    placed = base
    if scripted.power.items:
        rise = max(size * _POWER_RISE, base.ascent - size * 0.32)
        placed = placed.beside(
            set_formula(scripted.power, inner, weight).moved(base.width + gap, -rise)
        )
    if scripted.index.items:
        drop = max(size * _INDEX_DROP, base.descent)
        placed = placed.beside(
            set_formula(scripted.index, inner, weight).moved(base.width + gap, drop)
        )
    return placed
