"""Events from top to bottom: their dates, a line with dots, and what happened."""

from __future__ import annotations

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import BOLD, SEMIBOLD
from worker.layout.grid import CORNER
from worker.layout.part_labels import disc
from worker.layout.parts import Part, Parts
from worker.layout.text import TextBlock, TextStyle, fit_together
from worker.lessons.diagrams import EventLine
from worker.lessons.render_plan import Box, Role

_DATE = TextStyle(BOLD, largest=54, max_lines=1)
_LABEL = TextStyle(SEMIBOLD, largest=48, leading=1.18, max_lines=2)
_WIDEST_DATE = 0.34
"""Share of the width that dates may take."""

_GAP = 44
"""Between a date or a label and the middle of the line."""

_PADDING = 14
_TALLEST_ROW = 150
_DOT = 15
_LINE = 6
_STILL = (0, 0)


def draw_event_line(canvas: Canvas, line: EventLine, box: Box, parts: Parts) -> None:
    """Draw all events at equal distances, in the middle of a box.

    Raises:
        LayoutError: A text does not fit at the smallest size.
    """
    count = len(line.events)
    pitch = min(box.height // count, _TALLEST_ROW)
    dates = fit_together(
        [one.when for one in line.events],
        (int(box.width * _WIDEST_DATE),) * count,
        _DATE,
        lambda blocks: max(map(_needed, blocks)) <= pitch,
    )
    column = max(block.width for block in dates)
    axis = box.x + 16 + column + _GAP
    width = box.right - 16 - axis - _GAP
    labels = fit_together(
        [one.label for one in line.events],
        (width,) * count,
        _LABEL,
        lambda blocks: max(map(_needed, blocks)) <= pitch,
    )
    top = box.y + (box.height - pitch * count) // 2
    _draw_line(canvas, axis, (top + pitch // 2, top + pitch * count - pitch // 2), parts)
    for index, one in enumerate(line.events):
        row = Box(box.x, top + index * pitch, box.width, pitch)
        _draw_event(canvas, parts.part(one.part_id), row, axis, (dates[index], labels[index]))


def _needed(block: TextBlock) -> int:
    return block.height + 2 * max(_PADDING, block.overhang) + 8


def _draw_line(canvas: Canvas, axis: int, ends: tuple[int, int], parts: Parts) -> None:
    motion = canvas.cues.reveal(parts.first_frame)
    box = Box(axis - _LINE // 2, ends[0], _LINE, ends[1] - ends[0])
    name = Name("visual-axis", Role.DECORATION)
    canvas.panel(name, box, canvas.palette.line, motion, _LINE // 2)


def _draw_event(
    canvas: Canvas, part: Part, row: Box, axis: int, blocks: tuple[TextBlock, TextBlock]
) -> None:
    palette, reveal = canvas.palette, part.reveal()
    date, label = blocks
    middle = row.y + row.height // 2
    dot = disc((axis, middle), _DOT)
    for number, motion in enumerate(part.spells(), start=1):
        name = Name(f"{part.name}-glow-{number}", Role.DIAGRAM)
        canvas.panel(name, row.inset(0, 4), palette.highlight, motion, CORNER)
    canvas.panel(
        Name(f"{part.name}-dot", Role.DIAGRAM), dot, palette.accent, part.reveal(_STILL), _DOT
    )
    at = (axis - _GAP - date.width, middle - date.height // 2)
    name = Name(f"{part.name}-date", Role.LABEL)
    canvas.text(name, date, at, Ink(palette.accent, palette.highlight), reveal)
    at = (axis + _GAP, middle - label.height // 2)
    ink = Ink(palette.ink, palette.highlight)
    canvas.text(Name(part.name, Role.LABEL), label, at, ink, reveal)
