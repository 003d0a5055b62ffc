"""The subject's drawing beside or below what stands on the stage."""

from __future__ import annotations

from worker.layout.canvas import Canvas, Name
from worker.layout.grid import GUTTER
from worker.layout.ornaments import ornament
from worker.lessons.render_plan import Box, Role

_TEXT_WIDTH = 1180
_UPRIGHT_SIDE = 460
_STROKE = 6


def split_stage(canvas: Canvas, body: Box) -> tuple[Box, Box]:
    """The places of the text, and of the subject's drawing beside or below it."""
    if canvas.grid.is_upright:
        side = min(_UPRIGHT_SIDE, body.height // 2)
        left, top = body.right - side, body.bottom - side
        text = Box(body.x, body.y, body.width, body.height - side - GUTTER)
        return text, Box(left, top, side, side)
    left = body.x + _TEXT_WIDTH + GUTTER
    drawing = Box(left, body.y, body.right - left, body.height)
    return Box(body.x, body.y, _TEXT_WIDTH, body.height), drawing


def draw_ornament(canvas: Canvas, place: Box) -> None:
    """The subject's drawing, flush right in its place."""
    size = min(place.width, place.height)
    box = Box(place.right - size, place.y + (place.height - size) // 2, size, size)
    name = Name("ornament", Role.DECORATION)
    paths = ornament(canvas.theme.subject, box.inset(_STROKE, _STROKE))
    canvas.strokes(name, paths, canvas.palette.line, _STROKE, canvas.cues.still())
