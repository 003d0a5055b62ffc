"""Lying bars with their values, over a scale that starts at zero."""

from __future__ import annotations

from dataclasses import dataclass

from worker.layout.axes import nice_step, ticks
from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import MEDIUM, SEMIBOLD
from worker.layout.part_labels import LABEL_SIZES, LINE_HEIGHT, PILL, draw_label, one_line, pill_of
from worker.layout.parts import Part, Parts
from worker.layout.text import MINIMUM_SIZE, TextBlock, TextStyle, set_text
from worker.lessons.charts import BarChart
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Box, Motion, Role
from worker.lessons.visual_parts import number_text

_SCALE = MINIMUM_SIZE
_SCALE_GAP = 22
"""Between the bars' ground and the scale's numbers."""

_TITLE_GAP = 34
_LABEL_GAP = 26
_VALUE_GAP = 30
_THICKEST = 76
_SHARE = 0.62
"""Of a bar in its slot."""

_WIDEST_LABEL = 0.42
"""Share of the chart's width that labels may take, on two lines at most."""

SHORTEST_SCALE = 240
"""Below this length in pixels bars cannot be compared. (ours)"""

MOST_TICKS = 4
_CLOSEST = 20
"""Between two numbers of the scale."""

_SLIDE = (-30, 0)
_LINE = 3


@dataclass(frozen=True, slots=True)
class _Sketch:
    """What a chart measures with labels of one size."""

    chart: BarChart
    labels: tuple[TextBlock, ...]
    values: tuple[TextBlock, ...]
    title: TextBlock
    scale: tuple[float, ...]
    area: Box

    def length(self, value: float) -> int:
        return round(self.area.width * value / self.scale[-1])


def draw_bar_chart(canvas: Canvas, chart: BarChart, box: Box, parts: Parts) -> None:
    """Draw the chart as large as it fits into a box.

    Raises:
        LayoutError: Its labels leave too little room for bars.
    """
    for size in LABEL_SIZES[1:]:  # bars count more than their labels
        sketch = _sketch(chart, box, size)
        if sketch is not None:
            _draw_scale(canvas, sketch, box, canvas.cues.reveal(parts.first_frame))
            slot = sketch.area.height / len(chart.bars)
            for index, bar in enumerate(chart.bars):
                top = sketch.area.y + round(index * slot)
                place = Box(box.x, top, box.width, round(slot))
                _draw_bar(canvas, sketch, index, place, parts.part(bar.part_id))
            return
    raise LayoutError(
        "a bar chart does not fit with bars that can be compared",
        "shorten its labels, or show fewer bars",
    )


def _sketch(chart: BarChart, box: Box, size: int) -> _Sketch | None:
    """The chart with labels of one size, or None where they do not fit."""
    style = TextStyle(SEMIBOLD, size, leading=1.15)
    widest = int(box.width * _WIDEST_LABEL)
    labels = tuple(set_text(bar.label, widest, size, style) for bar in chart.bars)
    values = tuple(one_line(number_text(bar.value), size) for bar in chart.bars)
    title = one_line(chart.axis_title, _SCALE, MEDIUM)
    left = max(label.width for label in labels) + _LABEL_GAP + PILL[0]
    # The longest bar ends within the scale; its value may stand beyond the scale's end.
    reserve = max(value.width for value in values) + _VALUE_GAP + PILL[0]
    top = title.height + _TITLE_GAP
    bottom = round(_SCALE * LINE_HEIGHT) + _SCALE_GAP
    area = Box(box.x + left, box.y + top, box.width - left - reserve, box.height - top - bottom)
    scale = _scale(max(bar.value for bar in chart.bars), area.width, reserve)
    slot = area.height / len(chart.bars)
    fits = (
        max(label.width for label in labels) <= widest
        and title.width <= box.width
        and area.width >= SHORTEST_SCALE
        and bool(scale)
        and all(
            len(label.lines) <= 2 and label.height + 2 * PILL[1] + 4 <= slot  # noqa: PLR2004 - lines
            for label in labels
        )
    )
    return _Sketch(chart, labels, values, title, scale, area) if fits else None


def _scale(longest: float, width: int, reserve: int) -> tuple[float, ...]:
    """From zero to the longest value or beyond, with numbers that do not meet; else nothing."""
    for most in range(MOST_TICKS, 0, -1):
        scale = ticks(0, longest, most)
        if scale[-1] < longest:
            scale = (*scale, len(scale) * nice_step(longest, most))
        widths = [one_line(number_text(tick), _SCALE, MEDIUM).width for tick in scale]
        closest = width / (len(scale) - 1) - _CLOSEST
        half = widths[-1] // 2
        if max(widths) <= closest and half <= reserve:
            return scale
    return ()


def _draw_scale(canvas: Canvas, sketch: _Sketch, box: Box, motion: Motion) -> None:
    palette, area = canvas.palette, sketch.area
    ink = Ink(palette.muted, palette.card)
    name = Name("visual-axis-title", Role.LABEL)
    canvas.text(name, sketch.title, (box.x, box.y), ink, motion)
    for number, tick in enumerate(sketch.scale):
        x = area.x + sketch.length(tick)
        line = Box(x - _LINE // 2, area.y, _LINE, area.height)
        color = palette.muted if number == 0 else palette.line
        canvas.panel(Name(f"visual-grid-{number}", Role.DECORATION), line, color, motion)
        block = one_line(number_text(tick), _SCALE, MEDIUM)
        place = Box(x - block.width // 2, area.bottom + _SCALE_GAP, block.width, block.height)
        canvas.centered_text(Name(f"visual-tick-{number}", Role.LABEL), block, place, ink, motion)


def _draw_bar(canvas: Canvas, sketch: _Sketch, index: int, place: Box, part: Part) -> None:
    palette, area = canvas.palette, sketch.area
    label, value = sketch.labels[index], sketch.values[index]
    thick = min(_THICKEST, round(place.height * _SHARE))
    middle = place.y + place.height // 2
    bar_length = max(2, sketch.length(sketch.chart.bars[index].value))
    bar = Box(area.x, middle - thick // 2, bar_length, thick)
    canvas.panel(Name(f"{part.name}-bar", Role.DIAGRAM), bar, palette.muted, part.reveal(_SLIDE))
    for number, motion in enumerate(part.spells(_SLIDE), start=1):
        canvas.panel(Name(f"{part.name}-glow-{number}", Role.DIAGRAM), bar, palette.accent, motion)
    side = Box(
        area.x - _LABEL_GAP - label.width, middle - label.height // 2, label.width, label.height
    )
    draw_label(canvas, part, label, side)
    end = Box(bar.right + _VALUE_GAP, middle - value.height // 2, value.width, value.height)
    ink = Ink(palette.ink, palette.card)
    name = Name(f"{part.name}-value", Role.LABEL)
    canvas.panel(
        Name(f"{part.name}-value-ground", Role.DECORATION),
        pill_of(end),
        palette.card,
        part.reveal(),
    )
    canvas.centered_text(name, value, end, ink, part.reveal())
