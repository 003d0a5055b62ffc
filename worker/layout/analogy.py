"""The analogy: what it is like, in a panel of the stage's colours, and how it maps beside it."""

from __future__ import annotations

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.display import draw_display_band
from worker.layout.fonts import BOLD
from worker.layout.frame_parts import draw_badge
from worker.layout.grid import BADGE, BODY_BOTTOM, CONTENT_WIDTH, CORNER, GUTTER, MARGIN, TITLE_TOP
from worker.layout.ornaments import ornament
from worker.layout.rows import Marker, draw_rows
from worker.layout.text import TextStyle, fit_text
from worker.lessons.render_plan import Box, Role

_TITLE = TextStyle(BOLD, largest=70, leading=1.16, max_lines=6)
_PANEL_WIDTH = 560
_PADDING = 52


def draw_analogy(canvas: Canvas) -> None:
    """Title panel at the left, rows at the right, and the display below them.

    Raises:
        LayoutError: Something does not fit.
    """
    panel = Box(MARGIN, TITLE_TOP, _PANEL_WIDTH, BODY_BOTTOM - TITLE_TOP)
    _draw_panel(canvas, panel)
    left = panel.right + GUTTER
    body = Box(left, TITLE_TOP, MARGIN + CONTENT_WIDTH - left, panel.height)
    draw_rows(canvas, draw_display_band(canvas, body), Marker.BAR)


def _draw_panel(canvas: Canvas, panel: Box) -> None:
    stage, still = canvas.theme.stage, canvas.cues.still()
    name = Name("title-panel", Role.DECORATION)
    canvas.panel(name, panel, stage.background, still, CORNER)
    inner = panel.inset(_PADDING, _PADDING)
    page = canvas.palette
    canvas.palette = stage
    draw_badge(canvas, Box(inner.x, inner.y, BADGE, BADGE))
    canvas.palette = page
    drawing = Box(inner.x, inner.bottom - 220, inner.width, 220)
    top = inner.y + BADGE + 52
    block = fit_text(canvas.scene.title, inner.width, drawing.y - top - 40, _TITLE)
    ink = Ink(stage.ink, stage.background)
    canvas.text(Name("title", Role.TITLE), block, (inner.x, top), ink, still)
    side = Box(drawing.right - 220, drawing.y, 220, 220)
    paths = ornament(canvas.theme.subject, side.inset(4, 4))
    canvas.strokes(Name("ornament", Role.DECORATION), paths, stage.line, 5, still)
