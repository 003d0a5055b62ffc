"""Two things side by side, fact against fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import BOLD, SEMIBOLD
from worker.layout.grid import CORNER, GAP
from worker.layout.parts import Part, Parts
from worker.layout.text import TextBlock, TextStyle, fit_together
from worker.lessons.diagrams import Comparison
from worker.lessons.render_plan import Box, Role

_TITLE = TextStyle(BOLD, largest=54, leading=1.15, max_lines=2)
_FACT = TextStyle(SEMIBOLD, largest=48, leading=1.2, max_lines=3)
_SIDE = 24
_PADDING = 22
"""Above and below a fact, at the least."""

_TALLEST_ROW = 150
_RULE = 5


@dataclass(frozen=True, slots=True)
class _Sketch:
    """All texts, set; facts from left to right, row by row."""

    titles: tuple[TextBlock, ...]
    facts: tuple[TextBlock, ...]
    head: int
    rows: tuple[int, ...]

    @property
    def height(self) -> int:
        return self.head + sum(self.rows)


def draw_comparison(canvas: Canvas, comparison: Comparison, box: Box, parts: Parts) -> None:
    """Draw both sides in the middle of a box, their facts at the same heights.

    Raises:
        LayoutError: A text does not fit at the smallest size.
    """
    width = (box.width - GAP) // 2
    sketch = _sketch(comparison, width, box.height)
    top = box.y + (box.height - sketch.height) // 2
    for column, side in enumerate(comparison.sides):
        place = Box(box.x + column * (width + GAP), top, width, sketch.height)
        head = Box(place.x, top, width, sketch.head)
        part = parts.part(side.part_id)
        name = Name(f"{part.name}-face", Role.DIAGRAM)
        canvas.panel(name, place, canvas.palette.background, part.reveal(), CORNER)
        _draw_title(canvas, part, sketch.titles[column], head)
        y = head.bottom
        for row, fact in enumerate(side.facts):
            cell = Box(place.x, y, width, sketch.rows[row])
            _draw_fact(canvas, parts.part(fact.part_id), sketch.facts[2 * row + column], cell)
            y = cell.bottom


def _sketch(comparison: Comparison, width: int, height: int) -> _Sketch:
    inner = width - 2 * _SIDE - 2 * 8
    titles = fit_together(
        [side.title for side in comparison.sides],
        (inner,) * 2,
        _TITLE,
        lambda blocks: max(block.height for block in blocks) <= height // 3,
    )
    head = max(block.height for block in titles) + 2 * _PADDING + 16
    texts = [
        fact.text
        for pair in zip(comparison.left.facts, comparison.right.facts, strict=True)
        for fact in pair
    ]
    room = height - head - 14
    facts = fit_together(
        texts, (inner,) * len(texts), _FACT, lambda blocks: sum(_heights(blocks)) <= room
    )
    needed = _heights(facts)
    spare = (room - sum(needed)) // len(needed)
    rows = [one + max(0, min(spare, _TALLEST_ROW - one)) for one in needed]
    rows[-1] += 14
    return _Sketch(titles, facts, head, tuple(rows))


def _heights(facts: Sequence[TextBlock]) -> list[int]:
    """The height of each row of two facts."""
    return [
        max(one.height + 2 * max(_PADDING, one.overhang + 9) for one in facts[row : row + 2])
        for row in range(0, len(facts), 2)
    ]


def _draw_title(canvas: Canvas, part: Part, block: TextBlock, head: Box) -> None:
    palette = canvas.palette
    for number, motion in enumerate(part.spells(), start=1):
        name = Name(f"{part.name}-glow-{number}", Role.DIAGRAM)
        canvas.panel(name, head.inset(8, 8), palette.highlight, motion, CORNER - 8)
    rule = Box(head.x + _SIDE, head.bottom - _RULE, head.width - 2 * _SIDE, _RULE)
    name = Name(f"{part.name}-rule", Role.DECORATION)
    canvas.panel(name, rule, palette.accent, part.reveal(), _RULE // 2)
    ink = Ink(palette.accent, palette.highlight)
    canvas.centered_text(Name(part.name, Role.LABEL), block, head, ink, part.reveal())


def _draw_fact(canvas: Canvas, part: Part, block: TextBlock, cell: Box) -> None:
    palette = canvas.palette
    for number, motion in enumerate(part.spells(), start=1):
        name = Name(f"{part.name}-glow-{number}", Role.DIAGRAM)
        canvas.panel(name, cell.inset(8, 4), palette.highlight, motion, CORNER - 8)
    ink = Ink(palette.ink, palette.highlight)
    at = (cell.x + _SIDE + 4, cell.y + (cell.height - block.height) // 2)
    canvas.text(Name(part.name, Role.LABEL), block, at, ink, part.reveal())
