"""Visuals that measure: bars, functions and number lines, checked when they are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Literal

from worker.lessons.expression import ExpressionError, evaluate, parse_expression
from worker.lessons.formula import FormulaError, parse_formula
from worker.lessons.visual_parts import count_faults, number_text, part_faults, raise_faults

MOST_BARS = 6
MOST_CURVES = 2
MOST_POINTS = 4
MOST_MARKS = 6
MOST_JUMPS = 3
MOST_TICKS = 40
"""More than each of these cannot be told apart in half a frame. (ours)"""

LARGEST_DENOMINATOR = 12
"""Of a number line's ticks; smaller pieces could not be labelled. (ours)"""

SAMPLES = 240
"""Places at which a curve is computed from one end of its axis to the other."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; its value is printed at its end."""

    part_id: str
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars that start at zero.

    Attributes:
        quantity: What is measured (``Gravity``).
        unit: Its unit (``N/kg``), or empty for a count.

    Raises:
        ValueError: There is nothing to draw, a value is no number or below zero, or a text is
            empty; the message names every fault.
    """

    quantity: str
    bars: tuple[Bar, ...]
    unit: str = ""
    kind: Literal["bar-chart"] = "bar-chart"

    def __post_init__(self) -> None:
        """Hold the chart to its promises."""
        raise_faults(self._faults())

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The bars: each is to be named by the narration."""
        return tuple(bar.part_id for bar in self.bars)

    @property
    def axis_title(self) -> str:
        """What the axis measures, with its unit."""
        return f"{self.quantity} ({self.unit})" if self.unit else self.quantity

    @property
    def description(self) -> str:
        """The chart in words, for those who cannot see it."""
        unit = f" {self.unit}" if self.unit else ""
        bars = "; ".join(f"{bar.label}: {number_text(bar.value)}{unit}" for bar in self.bars)
        return f"Bar chart of {self.quantity}. {bars}."

    def _faults(self) -> Iterable[str]:
        yield from count_faults("bars of a chart", len(self.bars), 1, MOST_BARS)
        yield from part_faults(
            "a bar chart", self.part_ids, (self.quantity, *(bar.label for bar in self.bars))
        )
        for bar in self.bars:
            if not (isfinite(bar.value) and bar.value >= 0):
                yield f"bar {bar.part_id!r} has no value of zero or above"
        if self.bars and not any(bar.value > 0 for bar in self.bars):
            yield "no bar is longer than zero"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a plot.

    Attributes:
        label: One letter is set in italics; words stand as they are (``time (s)``).
    """

    low: float
    high: float
    label: str

    def faults(self, name: str) -> Iterable[str]:
        """What makes it no axis."""
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            yield f"the {name} axis does not rise from one number to another"
        if not self.label.strip():
            yield f"the {name} axis has no label"
        if set(self.label) & set("{}\\"):
            yield f"the label of the {name} axis holds a brace or a backslash"

    def holds(self, value: float) -> bool:
        """Whether a value lies on it."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Curve:
    """A function of x.

    Attributes:
        function: As `worker.lessons.expression` reads it (``x^2 - 4``).
        label: As `worker.lessons.formula` reads it (``y = x^2 - 4``).
        spoken: The label in words.
    """

    part_id: str
    function: str
    label: str
    spoken: str


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of a curve; its height is computed, so it cannot be wrong.

    Attributes:
        on: Id of its curve.
    """

    part_id: str
    on: str
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class FunctionPlot:
    """Curves over two axes, and points of interest on them.

    Raises:
        ValueError: A function or label does not parse, a curve is nowhere within the axes, or
            a point lies outside of them; the message names every fault.
    """

    x_axis: Axis
    y_axis: Axis
    curves: tuple[Curve, ...]
    points: tuple[CurvePoint, ...] = ()
    kind: Literal["function-plot"] = "function-plot"

    def __post_init__(self) -> None:
        """Hold the plot to its promises."""
        raise_faults(self._faults())

    @property
    def part_ids(self) -> tuple[str, ...]:
        """Curves and points: each is to be named by the narration."""
        return (*(one.part_id for one in self.curves), *(one.part_id for one in self.points))

    @property
    def description(self) -> str:
        """The plot in words, for those who cannot see it."""
        curves = "; ".join(curve.spoken for curve in self.curves)
        points = "; ".join(
            f"{one.label} at {self.x_axis.label} {number_text(one.x)}, "
            f"{self.y_axis.label} {number_text(self.height_of(one))}"
            for one in self.points
        )
        return f"Graph of {curves}.{f' Points: {points}.' if points else ''}"

    def height_of(self, point: CurvePoint) -> float:
        """The point's y.

        Raises:
            ValueError: Its curve is not there, or has no value at its x.
        """
        curve = next((one for one in self.curves if one.part_id == point.on), None)
        value = None if curve is None else evaluate(parse_expression(curve.function), point.x)
        if value is None:
            raise ValueError(f"point {point.part_id!r} lies on no curve")
        return value + 0.0  # no minus zero

    def samples(self, curve: Curve) -> tuple[tuple[tuple[float, float], ...], ...]:
        """The curve within the axes: runs of points in the axes' units, clipped at their ends."""
        expression = parse_expression(curve.function)
        low, width = self.x_axis.low, self.x_axis.high - self.x_axis.low
        places = [low + width * step / SAMPLES for step in range(SAMPLES + 1)]
        heights = [evaluate(expression, x) for x in places]
        runs: list[list[tuple[float, float]]] = [[]]
        for here, there in pairwise(zip(places, heights, strict=True)):
            piece = self._piece(here, there)
            if piece and runs[-1] and runs[-1][-1] == piece[0]:
                runs[-1].append(piece[1])
            elif piece:
                runs.append(list(piece))
        return tuple(tuple(run) for run in runs if run)

    def _piece(
        self, here: tuple[float, float | None], there: tuple[float, float | None]
    ) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """What of a straight piece lies within the y axis; nothing where a curve is broken."""
        (x1, y1), (x2, y2), axis = here, there, self.y_axis
        if y1 is None or y2 is None or not (axis.holds(y1) or axis.holds(y2)):
            return None
        if axis.holds(y1) and axis.holds(y2) and abs(y2 - y1) > (axis.high - axis.low) / 2:
            return None
        return _clipped((x1, y1), (x2, y2), axis), _clipped((x2, y2), (x1, y1), axis)

    def _faults(self) -> Iterable[str]:
        yield from count_faults("curves of a plot", len(self.curves), 1, MOST_CURVES)
        yield from count_faults("points of a plot", len(self.points), 0, MOST_POINTS)
        yield from part_faults(
            "a plot",
            self.part_ids,
            (*(one.spoken for one in self.curves), *(one.label for one in self.points)),
        )
        axes = [*self.x_axis.faults("x"), *self.y_axis.faults("y")]
        yield from axes
        readable = [fault for curve in self.curves for fault in _curve_faults(curve)]
        yield from readable
        if not axes and not readable:
            yield from self._faults_of_places()

    def _faults_of_places(self) -> Iterable[str]:
        for curve in self.curves:
            if not self.samples(curve):
                yield f"curve {curve.part_id!r} is nowhere within the axes"
        for point in self.points:
            try:
                height = self.height_of(point)
            except ValueError as error:
                yield str(error)
                continue
            if not (self.x_axis.holds(point.x) and self.y_axis.holds(height)):
                yield f"point {point.part_id!r} lies outside the axes"


def _clipped(
    end: tuple[float, float], other: tuple[float, float], axis: Axis
) -> tuple[float, float]:
    """An end of a piece, moved along it onto the axis where it lies beyond."""
    if axis.holds(end[1]):
        return end
    edge = axis.high if end[1] > axis.high else axis.low
    share = (edge - other[1]) / (end[1] - other[1])
    return other[0] + (end[0] - other[0]) * share, edge


def _curve_faults(curve: Curve) -> Iterable[str]:
    try:
        parse_expression(curve.function)
    except ExpressionError as error:
        yield str(error)
    try:
        parse_formula(curve.label)
    except FormulaError as error:
        yield str(error)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a number line with its label."""

    part_id: str
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Jump:
    """An arrow from one number to another (``+3``)."""

    part_id: str
    start: float
    end: float
    label: str


@dataclass(frozen=True, slots=True)
class NumberLine:
    """A number line with marks below it and jumps above it.

    Attributes:
        step: Between ticks, where they are no fractions.
        denominator: Above one, ticks are fractions with it, and `step` is not used.

    Raises:
        ValueError: The line does not rise, has too many ticks, or something lies off it; the
            message names every fault.
    """

    low: float
    high: float
    marks: tuple[Mark, ...] = ()
    jumps: tuple[Jump, ...] = ()
    step: float = 1.0
    denominator: int = 1
    kind: Literal["number-line"] = "number-line"

    def __post_init__(self) -> None:
        """Hold the line to its promises."""
        raise_faults(self._faults())

    @property
    def part_ids(self) -> tuple[str, ...]:
        """Marks and jumps: each is to be named by the narration."""
        return (*(one.part_id for one in self.marks), *(one.part_id for one in self.jumps))

    @property
    def tick_step(self) -> float:
        """Distance of two ticks."""
        return 1 / self.denominator if self.denominator > 1 else self.step

    @property
    def description(self) -> str:
        """The line in words, for those who cannot see it."""
        marks = [f"{one.label} at {number_text(one.at)}" for one in self.marks]
        jumps = [
            f"{one.label} from {number_text(one.start)} to {number_text(one.end)}"
            for one in self.jumps
        ]
        ends = f"from {number_text(self.low)} to {number_text(self.high)}"
        return f"Number line {ends}: {'; '.join((*marks, *jumps))}."

    def _faults(self) -> Iterable[str]:
        ends = (self.low, self.high, self.step)
        if not (all(map(isfinite, ends)) and self.low < self.high and self.step > 0):
            yield "the number line does not rise by steps from one number to another"
        elif not 1 <= self.denominator <= LARGEST_DENOMINATOR:
            yield f"its denominator is not from 1 to {LARGEST_DENOMINATOR}"
        elif (self.high - self.low) / self.tick_step > MOST_TICKS:
            yield f"the number line has more than {MOST_TICKS} ticks"
        yield from count_faults("marks of a number line", len(self.marks), 0, MOST_MARKS)
        yield from count_faults("jumps of a number line", len(self.jumps), 0, MOST_JUMPS)
        if not self.part_ids:
            yield "there is nothing on the number line"
        labels = [*(one.label for one in self.marks), *(one.label for one in self.jumps)]
        yield from part_faults("a number line", self.part_ids, labels)
        yield from self._faults_of_places()

    def _faults_of_places(self) -> Iterable[str]:
        for mark in self.marks:
            if not self.low <= mark.at <= self.high:
                yield f"mark {mark.part_id!r} lies off the line"
        for jump in self.jumps:
            if not all(self.low <= place <= self.high for place in (jump.start, jump.end)):
                yield f"jump {jump.part_id!r} lies off the line"
            if jump.start == jump.end:
                yield f"jump {jump.part_id!r} leads nowhere"
