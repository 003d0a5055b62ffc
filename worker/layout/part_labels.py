"""Labels of a visual's parts: one line that glows while its part is spoken about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import SEMIBOLD
from worker.layout.grid import CORNER
from worker.layout.parts import RISING, Part
from worker.layout.text import MINIMUM_SIZE, TextBlock, TextStyle, set_text
from worker.layout.theme import blend
from worker.lessons.render_plan import Box, Role

LABEL_SIZES = (62, 54, 48, 42, MINIMUM_SIZE)
"""To try, in pixels, from the type scale."""

PILL = (16, 16)
"""How far a label's highlight reaches around it; descenders reach 15 at the largest size."""

LINE_HEIGHT = 1.25
"""Rows of a line with its accents and descenders, as a share of its font size."""

_WIDEST = 4000


def one_line(text: str, size: int, weight: int = SEMIBOLD) -> TextBlock:
    """A text on one line.

    Raises:
        LayoutError: A character has no glyph.
    """
    return set_text(text, _WIDEST, size, TextStyle(weight, size))


def pill_of(place: Box) -> Box:
    """The highlight around a label's capitals."""
    return place.inset(-PILL[0], -PILL[1])


def draw_label(
    canvas: Canvas,
    part: Part,
    block: TextBlock,
    place: Box,
    slide: tuple[int, int] = RISING,
) -> None:
    """A label in the middle of a box of its capitals, with its highlight."""
    palette = canvas.palette
    for number, motion in enumerate(part.spells(slide), start=1):
        name = Name(f"{part.name}-pill-{number}", Role.DIAGRAM)
        canvas.panel(name, pill_of(place), palette.highlight, motion, CORNER // 2)
    ink = Ink(palette.ink, palette.highlight)
    canvas.centered_text(Name(part.name, Role.LABEL), block, place, ink, part.reveal(slide))


def tints(canvas: Canvas, shares: Sequence[float]) -> Iterator[str]:
    """The accent, mixed into the card by each share: for areas that carry no text."""
    return (blend(canvas.palette.accent, canvas.palette.card, share) for share in shares)


def disc(center: tuple[float, float], radius: float) -> Box:
    """The square around a circle; a panel with half its width as its radius draws it."""
    return Box(
        round(center[0] - radius), round(center[1] - radius), round(2 * radius), round(2 * radius)
    )
