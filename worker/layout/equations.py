"""Lines of a calculation, one below the other, aligned at their relations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import ceil

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import SEMIBOLD
from worker.layout.formula import Typeset, set_formula
from worker.layout.formula_element import formula_element
from worker.layout.grid import CORNER
from worker.layout.parts import Part, Parts
from worker.layout.text import MINIMUM_SIZE, TYPE_SCALE
from worker.lessons.errors import LayoutError
from worker.lessons.formula import parse_formula, split_at_relation
from worker.lessons.render_plan import Box, Role
from worker.lessons.visuals import Equations

_LARGEST = 104
_RELATION_SPACE = 5 / 18
_PADDINGS = (26, 14)
"""Above and below a line's ink, within its highlight: where there is room, and where not."""

_SIZES = tuple(size for size in TYPE_SCALE if size <= _LARGEST)

_SIDE = 28
_GAP = 12


@dataclass(frozen=True, slots=True)
class _Line:
    """A set line: what stands before its relation, and the rest."""

    left: Typeset
    right: Typeset

    @property
    def ascent(self) -> int:
        return ceil(max(self.left.ascent, self.right.ascent))

    @property
    def height(self) -> int:
        """Of its ink."""
        return self.ascent + ceil(max(self.left.descent, self.right.descent))


def draw_equations(canvas: Canvas, equations: Equations, box: Box, parts: Parts) -> None:
    """Draw all lines at the largest size at which they fit.

    Raises:
        LayoutError: They do not fit with every sign large enough.
    """
    for padding, size in product(_PADDINGS, _SIZES):
        lines = _set_lines(equations, size)
        if lines is None:
            continue
        height = sum(line.height + 2 * padding for line in lines) + _GAP * (len(lines) - 1)
        left = ceil(max(line.left.width for line in lines) + size * _RELATION_SPACE)
        width = left + ceil(max(line.right.width for line in lines))
        if width + 2 * _SIDE <= box.width and height <= box.height:
            top = box.y + (box.height - height) // 2
            align = box.x + (box.width - width) // 2 + left
            for one, line in zip(equations.lines, lines, strict=True):
                part = parts.part(one.part_id)
                place = Box(box.x, top, box.width, line.height + 2 * padding)
                _draw_line(canvas, _Placed(line, part, place, align, size))
                top = place.bottom + _GAP
            return
    raise LayoutError(
        "equations do not fit beside the text with every sign large enough",
        "show fewer or shorter lines, or flatter ones",
    )


def _set_lines(equations: Equations, size: int) -> list[_Line] | None:
    """All lines at one size, or None where a sign would be too small."""
    lines = []
    for one in equations.lines:
        left, right = split_at_relation(parse_formula(one.formula))
        line = _Line(set_formula(left, size, SEMIBOLD), set_formula(right, size, SEMIBOLD))
        if min(line.left.smallest_size, line.right.smallest_size) < MINIMUM_SIZE:
            return None
        lines.append(line)
    return lines


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line with its place; `align` is the column of its relation."""

    line: _Line
    part: Part
    place: Box
    align: int
    size: int


def _draw_line(canvas: Canvas, placed: _Placed) -> None:
    palette, part, line = canvas.palette, placed.part, placed.line
    for number, motion in enumerate(part.spells(), start=1):
        name = Name(f"{part.name}-glow-{number}", Role.DIAGRAM)
        canvas.panel(name, placed.place, palette.highlight, motion, CORNER)
    baseline = placed.place.y + (placed.place.height - line.height) // 2 + line.ascent
    space = placed.size * _RELATION_SPACE
    start = placed.align - space - line.left.width
    whole = line.left.beside(line.right.moved(placed.align - start, 0))
    ink = Ink(palette.ink, palette.highlight)
    name = Name(part.name, Role.LABEL)
    canvas.elements.append(formula_element(name, whole, (start, baseline), ink, part.reveal()))
