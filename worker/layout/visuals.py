"""A scene's visual in a card at the right: one layout function for each kind."""

from __future__ import annotations

from worker.layout.canvas import Canvas, Name
from worker.layout.display import draw_display_band
from worker.layout.equations import draw_equations
from worker.layout.force_diagram import draw_force_diagram
from worker.layout.grid import CORNER, GAP, GUTTER
from worker.layout.parts import Parts
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Box, Role
from worker.lessons.visuals import ForceDiagram, Visual

COLUMN_WIDTH = 860
_DISPLAY_HEIGHT = 128


def draw_visual_column(canvas: Canvas, visual: Visual, body: Box) -> Box:
    """The visual at the right with the display below it; returns what is left of the body.

    Raises:
        LayoutError: Something does not fit, or no word names a part of the visual.
    """
    column = Box(body.right - COLUMN_WIDTH, body.y, COLUMN_WIDTH, body.height)
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
    inside = column.inset(40, 40)
    if isinstance(visual, ForceDiagram):
        draw_force_diagram(canvas, visual, inside, parts)
    else:
        draw_equations(canvas, visual, inside, parts)
    return Box(body.x, body.y, body.width - COLUMN_WIDTH - GUTTER, body.height)
