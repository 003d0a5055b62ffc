"""The subject's drawing beside or below what stands on the stage."""

from __future__ import annotations

from worker.layout.canvas import Canvas, Name
from worker.layout.grid import GUTTER
from worker.layout.ornaments import ornament
from worker.lessons.render_plan import Box, Role

QUIET, LARGE = 460, 620
"""Sides of the drawing, in pixels: beside a list, and where there is little else to see."""

_STROKE = 6


def split_stage(canvas: Canvas, body: Box, side: int = QUIET) -> tuple[Box, Box]:
    """The places of the text, and of the subject's drawing beside or below it.

    Args:
        canvas: Where both will stand.
        body: What may be drawn into.
        side: Of the drawing, where there is room for it.
    """
    if canvas.grid.is_upright:
        side = min(side, body.height // 2)
        left, top = body.right - side, body.bottom - side
        text = Box(body.x, body.y, body.width, body.height - side - GUTTER)
        return text, Box(left, top, side, side)
    drawing = Box(body.right - side, body.y, side, body.height)
    return Box(body.x, body.y, body.width - side - GUTTER, body.height), drawing


def draw_ornament(canvas: Canvas, place: Box) -> None:
    """The subject's drawing, flush right in its place."""
    size = min(place.width, place.height)
    box = Box(place.right - size, place.y + (place.height - size) // 2, size, size)
    name = Name("ornament", Role.DECORATION)
    paths = ornament(canvas.theme.subject, box.inset(_STROKE, _STROKE))
    canvas.strokes(name, paths, canvas.palette.line, _STROKE, canvas.cues.still())
