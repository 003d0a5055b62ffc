"""The analogy: what it is like, in a panel of the stage's colours, and how it maps beside it."""

from __future__ import annotations

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.display import draw_display_band
from worker.layout.fonts import BOLD
from worker.layout.frame_parts import draw_badge
from worker.layout.grid import BADGE, CORNER, GAP, GUTTER
from worker.layout.ornaments import ornament
from worker.layout.rows import Marker, draw_rows
from worker.layout.text import TextStyle, fit_text
from worker.lessons.render_plan import Box, Role

_TITLE = TextStyle(BOLD, largest=70, leading=1.16, max_lines=6)
_PANEL_WIDTH = 560
_UPRIGHT_PANEL_HEIGHT = 500
_ORNAMENT = 220
_PADDING = 52


def draw_analogy(canvas: Canvas) -> None:
    """Title panel at the left or on top, rows beside or below it, and the display below them.

    Raises:
        LayoutError: Something does not fit.
    """
    whole = canvas.grid.body_from(canvas.grid.title_top)
    if canvas.grid.is_upright:
        panel = Box(whole.x, whole.y, whole.width, _UPRIGHT_PANEL_HEIGHT)
        top = panel.bottom + GAP
        body = canvas.grid.body_from(top)
    else:
        panel = Box(whole.x, whole.y, _PANEL_WIDTH, whole.height)
        left = panel.right + GUTTER
        body = Box(left, whole.y, whole.right - left, whole.height)
    _draw_panel(canvas, panel)
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
    side = Box(inner.right - _ORNAMENT, inner.bottom - _ORNAMENT, _ORNAMENT, _ORNAMENT)
    top = inner.y + BADGE + 52
    width, bottom = inner.width, side.y - 40
    if canvas.grid.is_upright:
        width, bottom = side.x - GAP - inner.x, inner.bottom
    block = fit_text(canvas.scene.title, width, bottom - top, _TITLE)
    ink = Ink(stage.ink, stage.background)
    canvas.text(Name("title", Role.TITLE), block, (inner.x, top), ink, still)
    paths = ornament(canvas.theme.subject, side.inset(4, 4))
    canvas.strokes(Name("ornament", Role.DECORATION), paths, stage.line, 5, still)
