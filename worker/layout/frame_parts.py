"""What every scene has: header, title, badge, and the curtain at its edges."""

from __future__ import annotations

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import BOLD, SEMIBOLD
from worker.layout.grid import (
    BADGE,
    BODY_TOP_GAP,
    CORNER,
    GUTTER,
    HEADER_SIZE,
)
from worker.layout.icons import BOOK, BULB, RINGS, STAR, STEPS, Icon, placed
from worker.layout.stage_drawing import LARGE, draw_ornament, split_stage
from worker.layout.text import TextStyle, ellipsize, fit_line, fit_text, set_text
from worker.lessons.render_plan import Box, Role
from worker.lessons.storyboard import SceneKind

_TITLE = TextStyle(BOLD, largest=80, leading=1.15, max_lines=2)
_STATEMENT = TextStyle(BOLD, largest=132, leading=1.14, max_lines=6)
_GLYPH = TextStyle(BOLD, largest=48)

_BADGES: dict[SceneKind, Icon | str] = {
    SceneKind.HOOK: "?",
    SceneKind.TERMS: "Aa",
    SceneKind.EXPLANATION: BULB,
    SceneKind.ANALOGY: RINGS,
    SceneKind.WORKED_EXAMPLE: STEPS,
    SceneKind.MISCONCEPTION: "!",
    SceneKind.QUESTION: "?",
    SceneKind.TAKEAWAYS: STAR,
    SceneKind.SOURCES: BOOK,
}


def draw_header(canvas: Canvas, title: str, number: int, count: int) -> None:
    """The lesson's title and the progress dots; it stays while scenes change.

    Raises:
        LayoutError: A character of the title has no glyph.
    """
    dots = _draw_dots(canvas, number, count)
    grid = canvas.grid
    text = ellipsize(title, dots - grid.margin - 2 * GUTTER, HEADER_SIZE, SEMIBOLD)
    block = set_text(text, grid.content_width, HEADER_SIZE, TextStyle(SEMIBOLD, HEADER_SIZE))
    ink = Ink(canvas.palette.muted, canvas.palette.background)
    name = Name("header", Role.HEADER)
    canvas.text(name, block, (grid.margin, grid.header_top), ink, canvas.cues.still())


def _draw_dots(canvas: Canvas, number: int, count: int) -> int:
    """Progress dots, flush right; returns their left edge."""
    dot, gap, current = 14, 16, 44
    left = canvas.grid.right - (count - 1) * (dot + gap) - current
    x = left
    for index in range(1, count + 1):
        width = current if index == number else dot
        fill = canvas.palette.accent if index <= number else canvas.palette.line
        box = Box(x, canvas.grid.header_top + 6, width, dot)
        name = Name(f"dot-{index}", Role.HEADER)
        canvas.panel(name, box, fill, canvas.cues.still(), dot // 2)
        x += width + gap
    return left


def draw_curtains(canvas: Canvas) -> None:
    """Cover the body for a moment at both edges of the scene: a short fade."""
    grid = canvas.grid
    top = grid.header_top + 60
    body = Box(0, top, grid.width, grid.caption_top - top)
    fill = canvas.palette.background
    canvas.panel(Name("curtain-opening", Role.CURTAIN), body, fill, canvas.cues.opening())
    canvas.panel(Name("curtain-closing", Role.CURTAIN), body, fill, canvas.cues.closing())


def draw_title(canvas: Canvas) -> Box:
    """The scene's badge and title; returns the body below them.

    Raises:
        LayoutError: The title does not fit.
    """
    grid = canvas.grid
    left = grid.margin + BADGE + 30
    block = fit_line(canvas.scene.title, grid.right - left, 170, _TITLE, smallest=62)
    top = grid.title_top + max(0, (BADGE - block.height) // 2)
    draw_badge(canvas, Box(grid.margin, grid.title_top, BADGE, BADGE))
    canvas.text(Name("title", Role.TITLE), block, (left, top), canvas.ink, canvas.cues.still())
    bottom = max(grid.title_top + BADGE, top + block.height)
    return grid.body_from(bottom + BODY_TOP_GAP)


def draw_statement(canvas: Canvas) -> None:
    """The scene's title, large, and the subject's drawing: a scene that shows nothing else.

    Raises:
        LayoutError: The title does not fit.
    """
    grid = canvas.grid
    body, drawing = split_stage(canvas, grid.body_from(grid.title_top), LARGE)
    gap = 56
    block = fit_text(canvas.scene.title, body.width, body.height - BADGE - gap, _STATEMENT)
    top = body.y + (body.height - BADGE - gap - block.height) // 2
    draw_badge(canvas, Box(body.x, top, BADGE, BADGE))
    at = (body.x, top + BADGE + gap)
    canvas.text(Name("title", Role.TITLE), block, at, canvas.ink, canvas.cues.still())
    draw_ornament(canvas, drawing)


def draw_badge(canvas: Canvas, box: Box) -> None:
    """The scene kind's icon in a rounded square."""
    palette, still = canvas.palette, canvas.cues.still()
    canvas.panel(Name("badge", Role.DECORATION), box, palette.accent, still, CORNER)
    icon = _BADGES[canvas.scene.kind]
    name = Name("badge-icon", Role.DECORATION)
    if isinstance(icon, str):
        block = set_text(icon, box.width, 48, _GLYPH)
        canvas.centered_text(name, block, box, Ink(palette.on_accent, palette.accent), still)
    else:
        width = box.width * 0.065
        canvas.strokes(name, placed(icon, box), palette.on_accent, width, still)
