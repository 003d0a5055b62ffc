"""From a placed scene to the plan of its pictures."""

from __future__ import annotations

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import BOLD, SEMIBOLD
from worker.layout.grid import (
    BODY_BOTTOM,
    CONTENT_WIDTH,
    GAP,
    HEADER_SIZE,
    HEADER_TOP,
    MARGIN,
    RIGHT,
    STAGE,
    TITLE_TOP,
    column,
    stacked,
)
from worker.layout.reveals import Cues, next_later
from worker.layout.text import TextStyle, ellipsize, fit_text, fit_together, set_text
from worker.layout.theme import Palette, theme_for
from worker.lessons.render_plan import FRAME_HEIGHT, FRAME_WIDTH, Box, Role, ScenePlan
from worker.lessons.storyboard import SceneKind
from worker.lessons.timeline import PlacedScene

_ON_STAGE = frozenset({SceneKind.HOOK, SceneKind.QUESTION, SceneKind.TAKEAWAYS})


def plan_scene(
    placed: PlacedScene,
    *,
    scene_number: int,
    scene_count: int,
    subject: str,
    lesson_title: str,
) -> ScenePlan:
    """Lay a scene out.

    Args:
        placed: The scene with its sentences' and words' times.
        scene_number: From 1.
        scene_count: Scenes of the lesson.
        subject: Chooses the colours.
        lesson_title: For the header.

    Raises:
        LayoutError: A text does not fit at the smallest size, a character has no glyph, or a
            cue names a word that the scene does not have.
    """
    theme = theme_for(subject)
    palette = theme.stage if placed.scene.kind in _ON_STAGE else theme.page
    canvas = Canvas(Cues(placed), theme, palette)
    _draw_list(canvas)
    _draw_curtains(canvas)
    _draw_header(canvas, lesson_title, scene_number, scene_count)
    return ScenePlan(
        scene_id=placed.scene.scene_id,
        width=FRAME_WIDTH,
        height=FRAME_HEIGHT,
        frame_count=placed.frame_count,
        background=palette.background,
        elements=tuple(canvas.elements),
    )


def _draw_header(canvas: Canvas, title: str, number: int, count: int) -> None:
    still = canvas.cues.still()
    dots = _draw_dots(canvas, number, count)
    text = ellipsize(title, dots - MARGIN - 80, HEADER_SIZE, SEMIBOLD)
    block = set_text(text, CONTENT_WIDTH, HEADER_SIZE, TextStyle(SEMIBOLD, HEADER_SIZE))
    ink = Ink(canvas.palette.muted, canvas.palette.background)
    canvas.text(Name("header", Role.HEADER), block, (MARGIN, HEADER_TOP), ink, still)


def _draw_dots(canvas: Canvas, number: int, count: int) -> int:
    """Progress dots, flush right; returns their left edge."""
    dot, gap, current = 14, 16, 44
    left = RIGHT - (count - 1) * (dot + gap) - current
    x = left
    for index in range(1, count + 1):
        width = current if index == number else dot
        fill = canvas.palette.accent if index <= number else canvas.palette.line
        box = Box(x, HEADER_TOP + 6, width, dot)
        canvas.panel(
            Name(f"dot-{index}", Role.HEADER), box, fill, canvas.cues.still(), radius=dot // 2
        )
        x += width + gap
    return left


def _draw_curtains(canvas: Canvas) -> None:
    body = Box(0, HEADER_TOP + 60, FRAME_WIDTH, STAGE.bottom - HEADER_TOP - 60)
    fill = canvas.palette.background
    canvas.panel(Name("curtain-opening", Role.CURTAIN), body, fill, canvas.cues.opening())
    canvas.panel(Name("curtain-closing", Role.CURTAIN), body, fill, canvas.cues.closing())


def _draw_list(canvas: Canvas) -> None:
    scene, cues, palette = canvas.scene, canvas.cues, canvas.palette
    title = fit_text(scene.title, CONTENT_WIDTH, 190, TextStyle(BOLD, 80, 1.15, 2))
    canvas.text(Name("title", Role.TITLE), title, (MARGIN, TITLE_TOP), canvas.ink, cues.still())
    top = TITLE_TOP + title.height + 72
    width = 960 if scene.display else CONTENT_WIDTH
    if scene.display:
        panel = column(MARGIN + width + 64, top, CONTENT_WIDTH - width - 64)
        motion = cues.reveal(cues.display_frame())
        canvas.panel(Name("display-panel", Role.DISPLAY), panel, palette.accent, motion, 32)
        block = fit_text(
            scene.display, panel.width - 96, panel.height - 96, TextStyle(BOLD, 152, 1.2)
        )
        ink = Ink(palette.on_accent, palette.accent)
        canvas.centered_text(Name("display", Role.DISPLAY), block, panel, ink, motion)
    if scene.bullets:
        _draw_bullets(canvas, Box(MARGIN, top, width, BODY_BOTTOM - top), palette)


def _draw_bullets(canvas: Canvas, area: Box, palette: Palette) -> None:
    texts = tuple(bullet.text for bullet in canvas.scene.bullets)
    inner = area.width - 112
    gaps = GAP * (len(texts) - 1)
    blocks = fit_together(
        texts,
        (inner,) * len(texts),
        TextStyle(SEMIBOLD, 54, 1.25, 3),
        lambda found: sum(block.height + 64 for block in found) + gaps <= area.height,
    )
    heights = tuple(block.height + 64 for block in blocks)
    frames = canvas.cues.bullet_frames()
    for index, (block, top) in enumerate(zip(blocks, stacked(heights, GAP, area), strict=True)):
        later = next_later(frames, index)
        motion = canvas.cues.reveal(frames[index])
        box = Box(area.x, top, area.width, heights[index])
        name = f"bullet-{index + 1}"
        canvas.panel(Name(f"{name}-card", Role.BULLET), box, palette.card, motion, 20)
        spell = canvas.cues.spell(frames[index], later)
        canvas.panel(Name(f"{name}-glow", Role.BULLET), box, palette.highlight, spell, 20)
        bar = Box(box.x + 24, box.y + 24, 10, box.height - 48)
        canvas.panel(Name(f"{name}-bar", Role.BULLET), bar, palette.accent, motion, 5)
        canvas.text(
            Name(name, Role.BULLET),
            block,
            (box.x + 64, box.y + 32),
            Ink(palette.ink, palette.highlight),
            canvas.cues.reveal(frames[index], later),
        )
