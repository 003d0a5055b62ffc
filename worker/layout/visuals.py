"""A scene's visual in a card: one layout function for each kind.

The card stands at the right of the list, or above it on an upright frame.
"""

from __future__ import annotations

from worker.layout.atom_diagram import draw_atom
from worker.layout.bar_chart import draw_bar_chart
from worker.layout.canvas import Canvas, Name
from worker.layout.cell_diagram import draw_cell
from worker.layout.comparison import draw_comparison
from worker.layout.display import draw_display_band
from worker.layout.equations import draw_equations
from worker.layout.event_line import draw_event_line
from worker.layout.flow import draw_flow
from worker.layout.force_diagram import draw_force_diagram
from worker.layout.function_plot import draw_function_plot
from worker.layout.grid import CORNER, GAP, GUTTER
from worker.layout.number_line import draw_number_line
from worker.layout.parts import Parts
from worker.lessons.charts import BarChart, FunctionPlot, NumberLine
from worker.lessons.diagrams import Comparison, EventLine, Flow
from worker.lessons.errors import LayoutError
from worker.lessons.labelled_diagrams import CellDiagram
from worker.lessons.render_plan import Box, Role
from worker.lessons.visuals import Equations, ForceDiagram, Visual

COLUMN_WIDTH = 860
_UPRIGHT_SHARE = 0.56
"""Of the body's height, for the visual and its display."""

_DISPLAY_HEIGHT = 128
_PADDING = 40


def draw_visual(canvas: Canvas, visual: Visual, body: Box) -> Box:
    """The visual with the display below it; returns what is left of the body.

    Raises:
        LayoutError: Something does not fit, or no word names a part of the visual.
    """
    column, rest = _split(canvas, body)
    if canvas.scene.display:
        draw_display_band(canvas, column, _DISPLAY_HEIGHT)
        column = Box(column.x, column.y, column.width, column.height - _DISPLAY_HEIGHT - GAP)
    parts = Parts(canvas.cues.part_times(), canvas.cues.last_frame)
    unknown = sorted(set(parts.times) - set(visual.part_ids))
    if unknown or not parts.times:
        raise LayoutError(
            f"a visual has no part {unknown}" if unknown else "no word names a visual"
        )
    motion = canvas.cues.reveal(parts.first_frame)
    canvas.panel(Name("visual-card", Role.DIAGRAM), column, canvas.palette.card, motion, CORNER)
    _draw(canvas, visual, column.inset(_PADDING, _PADDING), parts)
    return rest


def _split(canvas: Canvas, body: Box) -> tuple[Box, Box]:
    """The places of the visual with its display, and of the list."""
    if canvas.grid.is_upright:
        height = round(body.height * _UPRIGHT_SHARE)
        if not canvas.scene.bullets:
            height = body.height
        top = body.y + height + GAP
        return Box(body.x, body.y, body.width, height), canvas.grid.body_from(top)
    left = body.right - COLUMN_WIDTH
    column = Box(left, body.y, COLUMN_WIDTH, body.height)
    return column, Box(body.x, body.y, left - GUTTER - body.x, body.height)


def _draw(canvas: Canvas, visual: Visual, inside: Box, parts: Parts) -> None:
    match visual:
        case ForceDiagram():
            draw_force_diagram(canvas, visual, inside, parts)
        case Equations():
            draw_equations(canvas, visual, inside, parts)
        case BarChart():
            draw_bar_chart(canvas, visual, inside, parts)
        case FunctionPlot():
            draw_function_plot(canvas, visual, inside, parts)
        case NumberLine():
            draw_number_line(canvas, visual, inside, parts)
        case Comparison():
            draw_comparison(canvas, visual, inside, parts)
        case EventLine():
            draw_event_line(canvas, visual, inside, parts)
        case Flow():
            draw_flow(canvas, visual, inside, parts)
        case CellDiagram():
            draw_cell(canvas, visual, inside, parts)
        case _:
            draw_atom(canvas, visual, inside, parts)
