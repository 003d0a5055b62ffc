"""A number line: ticks, jumps above it, and marks below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import atan2, cos, pi, sin

from worker.layout.axes import multiples
from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import SEMIBOLD
from worker.layout.formula import Typeset, set_formula
from worker.layout.formula_element import formula_element
from worker.layout.part_labels import LABEL_SIZES, PILL, disc, draw_label, one_line
from worker.layout.parts import Part, Parts
from worker.layout.text import TextBlock
from worker.lessons.charts import Jump, Mark, NumberLine
from worker.lessons.errors import LayoutError
from worker.lessons.formula import parse_formula
from worker.lessons.render_plan import Box, Motion, Role
from worker.lessons.visual_parts import number_text

_SCALE = 42
_FRACTION_SCALE = 48
"""A fraction's numbers are smaller than the formula that it is; these stay large enough."""

_EVERY = (1, 2, 5, 10)
"""Which ticks are numbered: as many as there is room for."""

_TICK = 15
_LINE, _ARC = 6, 6
_DOT = 17
_SIDE = 50
"""Between the line's first or last tick and the box."""

_NUMBER_GAP = 30
_CLOSEST = 20
"""Between two numbers, or two labels, of one row."""

_ARC_SHARE = 0.4
_LOWEST_ARC = 50
_HIGHEST_ARCS = (150, 90, _LOWEST_ARC)
"""How high a jump rises: a share of its length, within these; lower where room is short."""

_HEAD = 30
_STILL = (0, 0)

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Sketch:
    """Where everything of a line stands, with labels of one size."""

    line: NumberLine
    left: int
    right: int
    axis: int
    highest_arc: int
    numbers: tuple[tuple[int, Typeset], ...]
    marks: tuple[tuple[Mark, TextBlock, Box], ...] = ()
    jumps: tuple[tuple[Jump, TextBlock, Box], ...] = ()

    def x(self, value: float) -> int:
        """The column of a number."""
        share = (value - self.line.low) / (self.line.high - self.line.low)
        return round(self.left + share * (self.right - self.left))

    @property
    def numbers_bottom(self) -> int:
        """The row below the ticks' numbers."""
        lowest = max(one.ascent + one.descent for _, one in self.numbers)
        return self.axis + _TICK + _NUMBER_GAP + round(lowest)

    def rise(self, jump: Jump) -> int:
        """How high a jump's arc is."""
        across = abs(self.x(jump.end) - self.x(jump.start))
        return round(min(max(across * _ARC_SHARE, _LOWEST_ARC), self.highest_arc))


def draw_number_line(canvas: Canvas, line: NumberLine, box: Box, parts: Parts) -> None:
    """Draw the line across a box, as high as it needs, in the middle.

    Raises:
        LayoutError: Its labels do not fit.
    """
    for arc, size in product(_HIGHEST_ARCS, LABEL_SIZES):
        sketch = _placed(line, box, arc, size)
        if sketch is not None:
            _draw_axis(canvas, sketch, box, canvas.cues.reveal(parts.first_frame))
            for jump, block, place in sketch.jumps:
                _draw_jump(canvas, sketch, jump, parts.part(jump.part_id))
                draw_label(canvas, parts.part(jump.part_id), block, place, _STILL)
            for mark, block, place in sketch.marks:
                _draw_mark(canvas, sketch, mark, parts.part(mark.part_id), place)
                draw_label(canvas, parts.part(mark.part_id), block, place, _STILL)
            return
    raise LayoutError("a number line's labels do not fit", "shorten or drop some of them")


def _placed(line: NumberLine, box: Box, arc: int, size: int) -> _Sketch | None:
    """The line in the middle of the box, or None where its labels do not fit."""
    sketch = _Sketch(line, box.x + _SIDE, box.right - _SIDE, 0, arc, ())
    sketch = replace(sketch, numbers=_numbers(sketch))
    marks = [(mark, one_line(mark.label, size)) for mark in line.marks]
    jumps = [(jump, one_line(jump.label, size)) for jump in line.jumps]
    sketch = replace(sketch, marks=_below(sketch, marks, box), jumps=_above(sketch, jumps, box))
    texts = [place for _, _, place in (*sketch.marks, *sketch.jumps)]
    top = min([-_DOT, *(place.y - PILL[1] for place in texts)])
    bottom = max([sketch.numbers_bottom, *(place.bottom + PILL[1] for place in texts)])
    if bottom - top > box.height or not _is_clear(sketch, box):
        return None
    down = box.y + (box.height - bottom + top) // 2 - top
    return replace(
        sketch,
        axis=down,
        marks=tuple((mark, block, place.moved(0, down)) for mark, block, place in sketch.marks),
        jumps=tuple((jump, block, place.moved(0, down)) for jump, block, place in sketch.jumps),
    )


def _numbers(sketch: _Sketch) -> tuple[tuple[int, Typeset], ...]:
    """The ticks' numbers, each centred on its column; every one, or every second, fifth, tenth."""
    line = sketch.line
    values = multiples(line.low, line.high, line.tick_step)
    for every in _EVERY:
        found = tuple(
            (sketch.x(value), _number(value, line))
            for value in values
            if round(value / line.tick_step) % every == 0
        )
        if all(
            second[0] - first[0] >= (first[1].width + second[1].width) / 2 + _CLOSEST
            for first, second in pairwise(found)
        ):
            return found
    raise LayoutError("a number line's numbers do not fit", "choose a larger step")


def _number(value: float, line: NumberLine) -> Typeset:
    pieces = round(value * line.denominator)
    if line.denominator > 1 and pieces % line.denominator:
        sign = "-" if pieces < 0 else ""
        source = rf"{sign}\frac{{{abs(pieces)}}}{{{line.denominator}}}"
        return set_formula(parse_formula(source), _FRACTION_SCALE, SEMIBOLD)
    plain = rf"\text{{{number_text(value + 0.0)}}}"
    return set_formula(parse_formula(plain), _SCALE, SEMIBOLD)


def _below(
    sketch: _Sketch, marks: Sequence[tuple[Mark, TextBlock]], box: Box
) -> tuple[tuple[Mark, TextBlock, Box], ...]:
    """Labels of marks, in as few rows as possible."""
    found: list[tuple[Mark, TextBlock, Box]] = []
    for mark, block in sorted(marks, key=lambda one: one[0].at):
        left = sketch.x(mark.at) - block.width // 2
        left = min(max(left, box.x + PILL[0]), box.right - PILL[0] - block.width)
        place = Box(left, sketch.numbers_bottom + _NUMBER_GAP, block.width, block.height)
        while any(place.inset(-_CLOSEST - PILL[0], -PILL[1]).overlaps(one) for _, _, one in found):
            place = place.moved(0, block.height + 2 * PILL[1] + _CLOSEST)
        found.append((mark, block, place))
    return tuple(found)


def _above(
    sketch: _Sketch, jumps: Sequence[tuple[Jump, TextBlock]], box: Box
) -> tuple[tuple[Jump, TextBlock, Box], ...]:
    """Labels of jumps, each above the top of its arc."""
    found = []
    for jump, block in jumps:
        middle = (sketch.x(jump.start) + sketch.x(jump.end)) // 2
        left = min(max(middle - block.width // 2, box.x + PILL[0]), box.right - block.width)
        bottom = sketch.axis - _TICK - sketch.rise(jump) - PILL[1] - 12
        found.append((jump, block, Box(left, bottom - block.height, block.width, block.height)))
    return tuple(found)


def _is_clear(sketch: _Sketch, box: Box) -> bool:
    """Whether no label covers another one, or the line that leads to another one."""
    places = [place for _, _, place in (*sketch.jumps, *sketch.marks)]
    if any(place.width + 2 * PILL[0] > box.width for place in places):
        return False
    apart = [place.inset(-PILL[0], -PILL[1]) for place in places]
    if any(one.overlaps(other) for n, one in enumerate(apart) for other in apart[n + 1 :]):
        return False
    leaders = [_leader(sketch, mark, place) for mark, _, place in sketch.marks]
    return not any(
        leader is not None and leader.overlaps(place)
        for number, leader in enumerate(leaders)
        for other, (_, _, place) in enumerate(sketch.marks)
        if number != other
    )


def _leader(sketch: _Sketch, mark: Mark, place: Box) -> Box | None:
    """The thin line from a tick's number to a label that does not stand right below it."""
    top = sketch.numbers_bottom + 8
    if place.y - top <= _NUMBER_GAP:
        return None
    return Box(sketch.x(mark.at) - 1, top, 3, place.y - PILL[1] - 4 - top)


def _draw_axis(canvas: Canvas, sketch: _Sketch, box: Box, motion: Motion) -> None:
    palette, line = canvas.palette, sketch.line
    ends = ((box.x + 8, sketch.axis), (box.right - 8, sketch.axis))
    canvas.strokes(Name("visual-axis", Role.DIAGRAM), (ends,), palette.muted, _LINE, motion)
    ticks = tuple(
        ((sketch.x(value), sketch.axis - _TICK), (sketch.x(value), sketch.axis + _TICK))
        for value in multiples(line.low, line.high, line.tick_step)
    )
    canvas.strokes(Name("visual-ticks", Role.DIAGRAM), ticks, palette.muted, 4, motion)
    ink = Ink(palette.ink, palette.card)
    for number, (x, typeset) in enumerate(sketch.numbers):
        at = (x - typeset.width / 2, sketch.axis + _TICK + _NUMBER_GAP + typeset.ascent)
        name = Name(f"visual-tick-{number}", Role.LABEL)
        canvas.elements.append(formula_element(name, typeset, at, ink, motion))


def _draw_mark(canvas: Canvas, sketch: _Sketch, mark: Mark, part: Part, place: Box) -> None:
    palette = canvas.palette
    dot = disc((sketch.x(mark.at), sketch.axis), _DOT)
    name = Name(f"{part.name}-dot", Role.DIAGRAM)
    canvas.panel(name, dot, palette.ink, part.reveal(_STILL), _DOT)
    for number, motion in enumerate(part.spells(_STILL), start=1):
        name = Name(f"{part.name}-glow-{number}", Role.DIAGRAM)
        canvas.panel(name, dot, palette.accent, motion, _DOT)
    leader = _leader(sketch, mark, place)
    if leader is not None:
        name = Name(f"{part.name}-leader", Role.DECORATION)
        canvas.panel(name, leader, palette.muted, part.reveal(_STILL))


def _draw_jump(canvas: Canvas, sketch: _Sketch, jump: Jump, part: Part) -> None:
    """An arc from number to number, with a head where it ends."""
    palette = canvas.palette
    arc = _arc(sketch, jump)
    tip, before = arc[-1], arc[-5]
    head = _head(tip, before)
    path = arc[:-3]
    for name, color, motion in (
        ("jump", palette.muted, part.reveal(_STILL)),
        *((f"glow-{n}", palette.accent, spell) for n, spell in enumerate(part.spells(_STILL), 1)),
    ):
        whole = Name(f"{part.name}-{name}", Role.DIAGRAM)
        canvas.strokes(whole, (path,), color, _ARC, motion)
        canvas.polygon(Name(f"{part.name}-{name}-head", Role.DIAGRAM), head, color, motion)


def _arc(sketch: _Sketch, jump: Jump) -> tuple[_Point, ...]:
    start, end = sketch.x(jump.start), sketch.x(jump.end)
    ground, rise = sketch.axis - _TICK - 6, sketch.rise(jump)
    steps = 48
    return tuple(
        (
            (start + end) / 2 - (end - start) / 2 * cos(pi * step / steps),
            ground - rise * sin(pi * step / steps),
        )
        for step in range(steps + 1)
    )


def _head(tip: _Point, before: _Point) -> tuple[_Point, ...]:
    """A triangle that points from one point to the other."""
    angle = atan2(tip[1] - before[1], tip[0] - before[0])
    return (
        tip,
        *(
            (tip[0] + _HEAD * cos(angle + pi + turn), tip[1] + _HEAD * sin(angle + pi + turn))
            for turn in (-0.42, 0.42)
        ),
    )
