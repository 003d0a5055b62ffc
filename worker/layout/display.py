"""A scene's formula or phrase, shown large: beside the bullets, or in a band below them."""

from __future__ import annotations

from collections.abc import Callable

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import BOLD, SEMIBOLD, clean_text
from worker.layout.formula import Typeset, set_formula
from worker.layout.formula_element import formula_element
from worker.layout.grid import CORNER, GUTTER
from worker.layout.text import MINIMUM_SIZE, TextBlock, TextStyle, fit_line, set_text
from worker.lessons.errors import LayoutError
from worker.lessons.plain_formula import read_plain_formula
from worker.lessons.render_plan import Box, Role

COLUMN_WIDTH = 640

_STYLE = TextStyle(BOLD, largest=132, leading=1.26, max_lines=6)
_LARGE = 80
"""On one line at this size or more, a formula is best."""

_LARGE_FORMULA = 62
"""Set in italics on one line down to this size; a longer formula is broken as text is."""

_SMALLEST_BROKEN = 70
"""Below this size a formula is not broken at its relations; it takes the band instead."""

_RELATIONS = frozenset("=≈≠<>≤≥→←↔⇒⇔:|")
_SUMS = frozenset("+-±\N{MINUS SIGN}")
_NO_BREAK = "\N{NO-BREAK SPACE}"

Fit = Callable[[str, Box], TextBlock]


def draw_display_column(canvas: Canvas, body: Box) -> Box:
    """The scene's display, if it has one, at the right; returns what is left of the body.

    Raises:
        LayoutError: The display would be small or broken badly in a column.
    """
    if not canvas.scene.display:
        return body
    _draw(canvas, Box(body.right - COLUMN_WIDTH, body.y, COLUMN_WIDTH, body.height), _well_broken)
    return Box(body.x, body.y, body.width - COLUMN_WIDTH - GUTTER, body.height)


def draw_any_display_column(canvas: Canvas, body: Box) -> Box:
    """As `draw_display_column`, but breaking the display wherever it must be broken.

    Raises:
        LayoutError: The display does not fit.
    """
    if not canvas.scene.display:
        return body
    _draw(canvas, Box(body.right - COLUMN_WIDTH, body.y, COLUMN_WIDTH, body.height), _anyhow)
    return Box(body.x, body.y, body.width - COLUMN_WIDTH - GUTTER, body.height)


def draw_display_band(canvas: Canvas, body: Box, height: int = 0) -> Box:
    """The scene's display, if it has one, at the bottom; returns what is left of the body.

    Args:
        canvas: Where to draw it.
        body: What may be drawn into.
        height: Of the band, in pixels; 0 for the grid's own.

    Raises:
        LayoutError: The display does not fit.
    """
    if not canvas.scene.display:
        return body
    height = height or canvas.grid.band_height
    _draw(canvas, Box(body.x, body.bottom - height, body.width, height), _anyhow)
    return Box(body.x, body.y, body.width, body.height - height - GUTTER // 2)


def _draw(canvas: Canvas, box: Box, fit: Fit) -> None:
    palette, name = canvas.palette, Name("display", Role.DISPLAY)
    motion = canvas.cues.reveal(canvas.cues.display_frame())
    inside = box.inset(52, 30)
    ink = Ink(palette.on_accent, palette.accent)
    if palette.is_quiet:
        ink = Ink(palette.accent, palette.highlight)
    formula = _formula(canvas.scene.display, inside)
    block = None if formula else fit(canvas.scene.display, inside)
    canvas.panel(Name("display-panel", Role.DISPLAY), box, ink.surface, motion, CORNER)
    if block:
        canvas.centered_text(name, block, inside, ink, motion)
    if formula:
        x = inside.x + (inside.width - formula.width) / 2
        middle = inside.y + (inside.height + formula.ascent - formula.descent) / 2
        canvas.elements.append(formula_element(name, formula, (x, middle), ink, motion))


def _formula(text: str, inside: Box) -> Typeset | None:
    """The display set as mathematics on one large line; None where it is none, or too long."""
    row = read_plain_formula(clean_text(text))
    if row is None:
        return None
    for size in (one for one in _STYLE.sizes if one >= _LARGE_FORMULA):
        formula = set_formula(row, size, SEMIBOLD)
        is_low = formula.ascent + formula.descent <= inside.height
        if formula.width <= inside.width and is_low and formula.smallest_size >= MINIMUM_SIZE:
            return formula
    return None


def _well_broken(text: str, inside: Box) -> TextBlock:
    """One large line, or lines that break before a relation, or else before a sum's sign."""
    ways = (frozenset[str](), _RELATIONS, _RELATIONS | _SUMS)
    for breaks in ways[:1] if "|" in text else ways:
        smallest = _SMALLEST_BROKEN if breaks else _LARGE
        block = _largest(_glued(text, breaks), inside, smallest)
        if block is not None:
            return block
    if any(char in _RELATIONS for char in text):
        raise LayoutError("a formula is too long for a column")
    return _anyhow(text, inside)


def _anyhow(text: str, inside: Box) -> TextBlock:
    return fit_line(text, inside.width, _room(inside, _LARGE), _STYLE, smallest=_LARGE)


def _largest(text: str, inside: Box, smallest: int) -> TextBlock | None:
    """The text at the largest size at which it fits, down to `smallest`."""
    for size in _STYLE.sizes:
        if size >= smallest:
            block = set_text(text, inside.width, size, _STYLE)
            if block.width <= inside.width and block.height <= _room(inside, size):
                return block
    return None


def _room(inside: Box, size: int) -> int:
    """Height for capitals and baselines: below the last one hang subscripts."""
    return inside.height - size // 4


def _glued(text: str, breaks: frozenset[str]) -> str:
    """The text with break opportunities before these signs alone (after a colon)."""
    glued = ""
    for word in clean_text(text).split(" "):
        opens = word in breaks or (glued.endswith(":") and ":" in breaks)
        glued += (" " if opens else _NO_BREAK) + word if glued else word
    return glued
