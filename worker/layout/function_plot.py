"""Curves over two axes with ticks, and labelled points on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import ceil

from worker.layout.axes import ticks
from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import MEDIUM, SEMIBOLD
from worker.layout.formula import Typeset, set_formula
from worker.layout.formula_element import formula_element
from worker.layout.grid import CORNER
from worker.layout.part_labels import LABEL_SIZES, PILL, disc, draw_label, one_line, pill_of
from worker.layout.parts import Part, Parts
from worker.layout.text import MINIMUM_SIZE, TextBlock
from worker.lessons.charts import Axis, FunctionPlot
from worker.lessons.errors import LayoutError
from worker.lessons.formula import parse_formula
from worker.lessons.render_plan import Box, Motion, Role
from worker.lessons.visual_parts import number_text

_SCALE = MINIMUM_SIZE
_MOST_TICKS = (6, 5)
"""Across and up."""

_TICK_GAP = 16
_AXIS, _GRID, _CURVE = 4, 2, 8
_DOT = 13
_REACH = 34
"""From a point to the middle of its label's nearest edge."""

_HEAD = 16
_WITH_POWERS = (54, 62, 70)
"""Sizes of a curve's label, where its powers would else be too small."""

_STILL = (0, 0)
_ALONG = (0.95, 0.05, 0.85, 0.15, 0.75, 0.25, 0.65, 0.35, 0.5)
"""Where on a curve its label may stand, as shares of its length."""

_REACHES = (1.0, 1.6, 2.4, 3.6)
"""Labels that find no place beside their point stand a little farther from it."""

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The area of the plot, and what its edges mean."""

    area: Box
    x_axis: Axis
    y_axis: Axis

    def at(self, point: _Point) -> _Point:
        """Where a point of the plot is on the screen."""
        across = (point[0] - self.x_axis.low) / (self.x_axis.high - self.x_axis.low)
        up = (point[1] - self.y_axis.low) / (self.y_axis.high - self.y_axis.low)
        return self.area.x + across * self.area.width, self.area.bottom - up * self.area.height

    @property
    def origin(self) -> tuple[int, int]:
        """Where the axes cross: at zero, or at the edge that is nearest to it."""
        zero = (
            min(max(0.0, self.x_axis.low), self.x_axis.high),
            min(max(0.0, self.y_axis.low), self.y_axis.high),
        )
        x, y = self.at(zero)
        return round(x), round(y)


def draw_function_plot(canvas: Canvas, plot: FunctionPlot, box: Box, parts: Parts) -> None:
    """Draw the plot over the whole box.

    Raises:
        LayoutError: A label finds no place at which it covers nothing else.
    """
    canvas.draw_first_fitting(
        *(
            partial(_draw, plot=plot, box=box, parts=parts, look=look)
            for look in product((False, True), LABEL_SIZES)
        )
    )


def _draw(
    canvas: Canvas, plot: FunctionPlot, box: Box, parts: Parts, look: tuple[bool, int]
) -> None:
    drawing = _Drawing(canvas, plot, box, look[1])
    drawing.may_cross_axes = look[0]
    drawing.draw(parts)


class _Drawing:
    """One plot with labels of one size; it remembers what is covered already.

    Attributes:
        may_cross_axes: Labels may cover a piece of an axis where there is no better place.
    """

    def __init__(self, canvas: Canvas, plot: FunctionPlot, box: Box, size: int) -> None:
        self.may_cross_axes = False
        self._canvas = canvas
        self._plot = plot
        self._size = size
        self._taken: list[Box] = []
        self._box = box
        up = [number_block(value) for value in self._ticks(plot.y_axis, 1)]
        left = max(block.width for block in up) + _TICK_GAP + 4
        head = self._axis_label(plot.y_axis)
        top = round(head.ascent) + 2 * _TICK_GAP
        if self._has_heading:
            title = self._readable(plot.curves[0].label)
            top = max(top, round(title.ascent + title.descent) + 2 * PILL[1] + _TICK_GAP)
        below = number_block(0).height + _TICK_GAP + 12
        area = Box(box.x + left, box.y + top, box.width - left - 44, box.height - top - below)
        self._frame = _Frame(area, plot.x_axis, plot.y_axis)

    def draw(self, parts: Parts) -> None:
        motion = self._canvas.cues.reveal(parts.first_frame)
        self._draw_axes(motion)
        curves = [
            tuple(tuple(self._frame.at(point) for point in run) for run in self._plot.samples(one))
            for one in self._plot.curves
        ]
        dots = [self._frame.at((p.x, self._plot.height_of(p))) for p in self._plot.points]
        self._taken += [disc(center, _DOT + 4) for center in dots]
        drawn = [point for paths in curves for path in paths for point in path]
        for one, paths in zip(self._plot.curves, curves, strict=True):
            self._draw_curve(parts.part(one.part_id), paths)
        for point, center in zip(self._plot.points, dots, strict=True):
            part = parts.part(point.part_id)
            block = one_line(point.label, self._size)
            place = self._free(block.width, block.height, (center,), drawn)
            self._draw_point(part, center, block, place)
        for one, paths in zip(self._plot.curves, curves, strict=True):
            label = self._readable(one.label)
            place = self._place_of(label, max(paths, key=len), drawn)
            self._label_curve(parts.part(one.part_id), label, place)

    @property
    def _has_heading(self) -> bool:
        """Whether the formula stands above the plot: where there is one curve, it needs no line."""
        return len(self._plot.curves) == 1

    def _place_of(self, label: Typeset, path: Sequence[_Point], drawn: Sequence[_Point]) -> Box:
        """Where a curve's label stands.

        Raises:
            LayoutError: There is no room for it.
        """
        width, height = ceil(label.width), ceil(label.ascent + label.descent)
        if not self._has_heading:
            along = [path[round((len(path) - 1) * share)] for share in _ALONG]
            return self._free(width, height, along, drawn)
        box, axis = self._box, self._frame.origin[0]
        left = box.x + PILL[0]
        if axis < box.x + box.width // 2 + width // 3:
            left = box.right - PILL[0] - width
        place = Box(left, box.y + PILL[1], width, height)
        if not box.contains(pill_of(place)) or any(map(pill_of(place).overlaps, self._taken)):
            raise LayoutError("the label of a curve does not fit above its plot", "shorten it")
        return place

    def _ticks(self, axis: Axis, which: int) -> tuple[float, ...]:
        return ticks(axis.low, axis.high, _MOST_TICKS[which])

    def _axis_label(self, axis: Axis) -> Typeset:
        words = axis.label if len(axis.label) == 1 else rf"\text{{{axis.label}}}"
        return set_formula(parse_formula(words), _SCALE, SEMIBOLD)

    def _draw_axes(self, motion: Motion) -> None:
        palette, area, frame = self._canvas.palette, self._frame.area, self._frame
        x0, y0 = frame.origin
        for value in self._ticks(frame.x_axis, 0):
            x = round(frame.at((value, 0))[0])
            self._grid_line(f"x-{value:g}", Box(x, area.y, _GRID, area.height), motion)
            block = number_block(value)
            top = area.bottom + _TICK_GAP + 4
            place = Box(x - block.width // 2, top, block.width, block.height)
            self._tick(f"x-{value:g}", block, place, motion)
        for value in self._ticks(frame.y_axis, 1):
            y = round(frame.at((0, value))[1])
            self._grid_line(f"y-{value:g}", Box(area.x, y, area.width, _GRID), motion)
            block = number_block(value)
            left = area.x - _TICK_GAP - block.width
            place = Box(left, y - block.height // 2, block.width, block.height)
            self._tick(f"y-{value:g}", block, place, motion)
        lines = (
            ((area.x, y0), (area.right + 6, y0)),
            ((x0, area.bottom), (x0, area.y - 6)),
        )
        self._canvas.strokes(Name("visual-axes", Role.DIAGRAM), lines, palette.muted, _AXIS, motion)
        self._draw_ends(motion)

    def _draw_ends(self, motion: Motion) -> None:
        """Arrow heads and names of the axes."""
        palette, area = self._canvas.palette, self._frame.area
        x0, y0 = self._frame.origin
        heads = (
            (
                (area.right + _HEAD, y0),
                (area.right - 4, y0 - _HEAD // 2),
                (area.right - 4, y0 + _HEAD // 2),
            ),
            ((x0, area.y - _HEAD), (x0 - _HEAD // 2, area.y + 4), (x0 + _HEAD // 2, area.y + 4)),
        )
        for name, head in zip("xy", heads, strict=True):
            self._canvas.polygon(
                Name(f"visual-axis-{name}-head", Role.DECORATION), head, palette.muted, motion
            )
        across, up = self._axis_label(self._plot.x_axis), self._axis_label(self._plot.y_axis)
        right = self._box.right
        self._name_axis(
            "x", across, (right - across.width, y0 - _TICK_GAP - across.descent), motion
        )
        self._name_axis("y", up, self._beside_head(up, x0), motion)

    def _beside_head(self, label: Typeset, axis: int) -> _Point:
        """Where the y axis' name stands: right of its arrow, or left where that is too far."""
        right = axis + _TICK_GAP + 6
        left = right if right + label.width < self._box.right else axis - _TICK_GAP - label.width
        return left, self._frame.area.y - 12

    def _name_axis(self, name: str, label: Typeset, at: _Point, motion: Motion) -> None:
        ink = Ink(self._canvas.palette.ink, self._canvas.palette.card)
        element = formula_element(Name(f"visual-axis-{name}", Role.LABEL), label, at, ink, motion)
        self._canvas.elements.append(element)
        self._taken.append(element.box)

    def _grid_line(self, name: str, box: Box, motion: Motion) -> None:
        self._canvas.panel(
            Name(f"visual-grid-{name}", Role.DECORATION), box, self._canvas.palette.line, motion
        )

    def _tick(self, name: str, block: TextBlock, place: Box, motion: Motion) -> None:
        """A number at the edge of the plot, where no curve crosses it."""
        ink = Ink(self._canvas.palette.muted, self._canvas.palette.card)
        name_of = Name(f"visual-tick-{name}", Role.LABEL)
        self._taken.append(self._canvas.centered_text(name_of, block, place, ink, motion))

    def _draw_curve(self, part: Part, paths: tuple[tuple[_Point, ...], ...]) -> None:
        palette = self._canvas.palette
        name = Name(f"{part.name}-curve", Role.DIAGRAM)
        self._canvas.strokes(name, paths, palette.muted, _CURVE, part.reveal(_STILL))
        for number, motion in enumerate(part.spells(_STILL), start=1):
            name = Name(f"{part.name}-glow-{number}", Role.DIAGRAM)
            self._canvas.strokes(name, paths, palette.accent, _CURVE, motion)

    def _draw_point(self, part: Part, center: _Point, block: TextBlock, place: Box) -> None:
        canvas, palette = self._canvas, self._canvas.palette
        dot = disc(center, _DOT)
        name = Name(f"{part.name}-dot", Role.DIAGRAM)
        canvas.panel(name, dot, palette.ink, part.reveal(_STILL), _DOT)
        for number, motion in enumerate(part.spells(_STILL), start=1):
            name = Name(f"{part.name}-glow-{number}", Role.DIAGRAM)
            canvas.panel(name, dot, palette.accent, motion, _DOT)
        name = Name(f"{part.name}-ground", Role.DECORATION)
        canvas.panel(name, pill_of(place), palette.card, part.reveal(_STILL), CORNER // 2)
        draw_label(canvas, part, block, place, _STILL)

    def _label_curve(self, part: Part, formula: Typeset, place: Box) -> None:
        palette = self._canvas.palette
        name = Name(f"{part.name}-ground", Role.DECORATION)
        self._canvas.panel(name, pill_of(place), palette.card, part.reveal(_STILL), CORNER // 2)
        for number, motion in enumerate(part.spells(_STILL), start=1):
            name = Name(f"{part.name}-pill-{number}", Role.DIAGRAM)
            self._canvas.panel(name, pill_of(place), palette.highlight, motion, CORNER // 2)
        at = (place.x, place.y + formula.ascent)
        ink, name = Ink(palette.ink, palette.highlight), Name(part.name, Role.LABEL)
        self._canvas.elements.append(formula_element(name, formula, at, ink, part.reveal(_STILL)))

    def _readable(self, label: str) -> Typeset:
        """A label with powers and indices that are large enough, too.

        Raises:
            LayoutError: No size makes them so.
        """
        for size in (self._size, *_WITH_POWERS):
            formula = set_formula(parse_formula(label), size, SEMIBOLD)
            if formula.smallest_size >= MINIMUM_SIZE:
                return formula
        raise LayoutError("the label of a curve has signs that are too small", "flatten it")

    def _free(
        self, width: int, height: int, anchors: Sequence[_Point], drawn: Sequence[_Point]
    ) -> Box:
        """A place near one of the anchors that covers no other text and no curve.

        Raises:
            LayoutError: There is none.
        """
        for reach, anchor in product(_REACHES, anchors):
            for place in _around(anchor, width, height, round(_REACH * reach)):
                reached = pill_of(place)
                if (
                    self._box.contains(reached)
                    and not any(reached.overlaps(one) for one in self._taken)
                    and not any(_holds(reached, point) for point in drawn)
                    and (self.may_cross_axes or not self._crosses_axis(place))
                ):
                    self._taken.append(reached)
                    return place
        raise LayoutError(
            "a label of a plot finds no free place", "shorten it, or choose other axes"
        )

    def _crosses_axis(self, place: Box) -> bool:
        x0, y0 = self._frame.origin
        return place.x - 6 <= x0 <= place.right + 6 or place.y - 6 <= y0 <= place.bottom + 6


def _around(anchor: _Point, width: int, height: int, reach: int) -> Iterator[Box]:
    """Places for a label: right, left, above and below of a point, and at its corners."""
    x, y = round(anchor[0]), round(anchor[1])
    beside, lower = reach + PILL[0], reach + PILL[1]
    for dx in (beside, -beside - width, -width // 2):
        for dy in (-lower - height, lower, -height // 2):
            if (dx, dy) != (-width // 2, -height // 2):
                yield Box(x + dx, y + dy, width, height)


def _holds(box: Box, point: _Point) -> bool:
    return box.x - 6 <= point[0] <= box.right + 6 and box.y - 6 <= point[1] <= box.bottom + 6


def number_block(value: float) -> TextBlock:
    """A tick's number."""
    return one_line(number_text(value), _SCALE, MEDIUM)
