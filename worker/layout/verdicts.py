"""A wrong idea beside the right one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.cards import split_label
from worker.layout.display import draw_display_band
from worker.layout.fonts import BOLD, SEMIBOLD
from worker.layout.frame_parts import draw_title
from worker.layout.grid import CORNER, GAP, stacked
from worker.layout.icons import CROSS, TICK, Icon, placed
from worker.layout.palettes import Verdict
from worker.layout.rows import Marker, draw_list_scene
from worker.layout.text import TextBlock, TextStyle, fit_line, fit_together
from worker.lessons.render_plan import Box, Motion, Role

_IDEA = TextStyle(SEMIBOLD, largest=92, leading=1.2, max_lines=6)
_LABEL = TextStyle(BOLD, largest=54, leading=1.15, max_lines=2)

_PADDING = 52
_DISC = 96
_HEAD = 40 + _DISC + 40
"""From a panel's top to the place of its ideas."""

_IDEA_GAP = 84


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two panels.

    Attributes:
        bullets: Numbers of the bullets in it, from 0.
        motions: One for each of them.
    """

    name: str
    verdict: Verdict
    icon: Icon
    bullets: tuple[int, ...]
    motions: tuple[Motion, ...]


def draw_misconception(canvas: Canvas) -> None:
    """The wrong idea with a cross beside the right ideas with a tick.

    The first bullet is the wrong idea, the others correct it; the label of the first bullet on
    a side (``Mix-up: …``) heads its panel. A single bullet corrects the scene's title.

    Raises:
        LayoutError: Something does not fit.
    """
    if len(canvas.scene.bullets) > 1:
        canvas.draw_first_fitting(_draw_panels, _draw_corrections)
    else:
        _draw_corrections(canvas)


def _draw_corrections(canvas: Canvas) -> None:
    draw_list_scene(canvas, Marker.BAR)


def _draw_panels(canvas: Canvas) -> None:
    body = draw_display_band(canvas, draw_title(canvas))
    frames = canvas.cues.bullet_frames()
    is_upright = canvas.grid.is_upright
    width = body.width if is_upright else (body.width - GAP) // 2
    tallest = (body.height - GAP) // 2 if is_upright else body.height
    blocks = _fit_ideas(canvas, width - 2 * _PADDING, tallest - _HEAD - _PADDING)
    left = Box(body.x, body.y, width, tallest)
    right = left.moved(0, tallest + GAP) if is_upright else left.moved(width + GAP, 0)
    later = frames[1] if frames[1] > frames[0] else None
    theme, reveal = canvas.theme, canvas.cues.reveal
    wrong = _Side("wrong", theme.wrong, CROSS, (0,), (reveal(frames[0], later),))
    corrections = tuple(range(1, len(frames)))
    motions = tuple(reveal(frames[number]) for number in corrections)
    right_side = _Side("right", theme.right, TICK, corrections, motions)
    _draw_side(canvas, left, wrong, blocks)
    _draw_side(canvas, right, right_side, blocks)


def _fit_ideas(canvas: Canvas, width: int, room: int) -> tuple[TextBlock, ...]:
    texts = [
        split_label(bullet.text)[1] if number <= 1 else bullet.text
        for number, bullet in enumerate(canvas.scene.bullets)
    ]
    return fit_together(
        texts,
        (width,) * len(texts),
        _IDEA.raised(canvas.grid.type_steps),
        lambda blocks: max(blocks[0].height, _stack_height(blocks[1:])) <= room,
    )


def _stack_height(blocks: Sequence[TextBlock]) -> int:
    return sum(block.height for block in blocks) + _IDEA_GAP * (len(blocks) - 1)


def _draw_side(canvas: Canvas, box: Box, side: _Side, blocks: tuple[TextBlock, ...]) -> None:
    verdict, first = side.verdict, side.motions[0]
    # The panel itself never dims: only what is said on it steps back.
    panel = Motion(first.first_frame, first.last_frame, first.fade_in, slide_y=first.slide_y)
    canvas.panel(Name(f"{side.name}-card", Role.BULLET), box, verdict.card, panel, CORNER)
    disc = Box(box.x + _PADDING, box.y + 40, _DISC, _DISC)
    canvas.panel(Name(f"{side.name}-disc", Role.BULLET), disc, verdict.mark, panel, _DISC // 2)
    name = Name(f"{side.name}-mark", Role.DECORATION)
    canvas.strokes(name, placed(side.icon, disc), verdict.on_mark, 10, panel)
    label_left = disc.right + 28
    place = Box(label_left, disc.y, box.right - _PADDING - label_left, _DISC)
    _draw_label(canvas, side, place, panel)
    ideas = Box(box.x, box.y + _HEAD, box.width, box.height - _HEAD - _PADDING)
    y = stacked((_stack_height([blocks[number] for number in side.bullets]),), 0, ideas)[0]
    ink = Ink(verdict.ink, verdict.card)
    for number, motion in zip(side.bullets, side.motions, strict=True):
        name = Name(f"bullet-{number + 1}", Role.BULLET)
        canvas.text(name, blocks[number], (disc.x, y), ink, motion)
        y += blocks[number].height + _IDEA_GAP


def _draw_label(canvas: Canvas, side: _Side, place: Box, motion: Motion) -> None:
    number = side.bullets[0]
    label = split_label(canvas.scene.bullets[number].text)[0]
    if not label:
        return
    block = fit_line(label, place.width, place.height, _LABEL, smallest=42)
    at = (place.x, place.y + (place.height - block.height) // 2)
    ink = Ink(side.verdict.mark, side.verdict.card)
    name = Name(f"bullet-{number + 1}-label", Role.BULLET)
    canvas.text(name, block, at, ink, motion)
