"""Labels beside a drawing, each with a line to what it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.layout.canvas import Canvas, Name
from worker.layout.part_labels import LABEL_SIZES, PILL, disc, draw_label, one_line
from worker.layout.parts import Part
from worker.layout.text import TextBlock
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Box, Role

_ELBOW = 46
"""Of a line, before it reaches its label."""

_LINE = 4
_DOT = 9
_CLOSEST = 14
_STILL = (0, 0)


@dataclass(frozen=True, slots=True)
class Callout:
    """A part's label and the point of the drawing that it names."""

    part: Part
    text: str
    anchor: tuple[float, float]


def draw_callouts(canvas: Canvas, callouts: Sequence[Callout], column: Box) -> None:
    """Labels in a column right of a drawing, in the order of what they name.

    Raises:
        LayoutError: They do not fit.
    """
    ordered = sorted(callouts, key=lambda one: (one.anchor[1], -one.anchor[0]))
    for size in LABEL_SIZES:
        blocks = [one_line(one.text, size) for one in ordered]
        pitch = blocks[0].height + 2 * PILL[1] + _CLOSEST
        width = max(block.width for block in blocks) + 2 * PILL[0]
        if width + _ELBOW <= column.width and pitch * len(blocks) <= column.height:
            tops = _spread([one.anchor[1] for one in ordered], pitch, column)
            for one, block, top in zip(ordered, blocks, tops, strict=True):
                _draw(canvas, one, block, (column.x + _ELBOW + PILL[0], top))
            return
    raise LayoutError("the labels of a diagram do not fit beside it", "shorten them")


def _spread(wanted: Sequence[float], pitch: int, column: Box) -> list[int]:
    """Middles of labels, as near to those wanted as their distance and the column allow."""
    found: list[float] = []
    for number, middle in enumerate(wanted):
        lowest = column.bottom - pitch * (len(wanted) - number) + pitch / 2
        above = found[-1] + pitch if found else column.y + pitch / 2
        found.append(min(max(middle, above), lowest))
    return [round(middle) for middle in found]


def _draw(canvas: Canvas, one: Callout, block: TextBlock, at: tuple[int, int]) -> None:
    palette, part = canvas.palette, one.part
    left, middle = at
    end = left - PILL[0] - 4
    path = (one.anchor, (end - _ELBOW + 18, middle), (end, middle))
    dot = disc(one.anchor, _DOT)
    looks = [("leader", palette.muted, part.reveal(_STILL))]
    looks += [
        (f"glow-{number}", palette.accent, motion)
        for number, motion in enumerate(part.spells(_STILL), start=1)
    ]
    for name, color, motion in looks:
        canvas.strokes(Name(f"{part.name}-{name}", Role.DIAGRAM), (path,), color, _LINE, motion)
        canvas.panel(Name(f"{part.name}-{name}-dot", Role.DIAGRAM), dot, color, motion, _DOT)
    place = Box(left, middle - block.height // 2, block.width, block.height)
    draw_label(canvas, part, block, place, _STILL)
