"""Key terms as cards side by side."""

from __future__ import annotations

from dataclasses import dataclass

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.display import draw_display_band
from worker.layout.fonts import BOLD, SEMIBOLD
from worker.layout.frame_parts import draw_title
from worker.layout.grid import CORNER, GAP
from worker.layout.reveals import next_later
from worker.layout.rows import Marker, draw_list_scene
from worker.layout.text import TextBlock, TextStyle, capitalised, fit_together
from worker.lessons.render_plan import Box, Role

MOST_CARDS = 3
"""More terms than this become rows: narrower cards would break every line. (ours)"""

_TERM = TextStyle(BOLD, largest=80, leading=1.15, max_lines=2)
_MEANING = TextStyle(SEMIBOLD, largest=62, leading=1.3, max_lines=6)
_LONE_MEANING = TextStyle(SEMIBOLD, largest=80, leading=1.25, max_lines=4)

_PADDING = 52
_LOWEST, _LOWEST_UPRIGHT = 470, 390
"""Cards side by side, and below each other, are at least as high."""

_DIVIDER_GAP = 44


def split_label(text: str) -> tuple[str, str]:
    """A bullet's label, which may be empty, and the rest, which then starts with a capital.

    ``Force: a push or a pull`` is the label ``Force`` and the rest ``A push or a pull``.
    """
    label, colon, rest = text.partition(": ")
    if not colon or not rest.strip():
        return "", text
    return label.strip(), capitalised(rest.strip())


def draw_terms(canvas: Canvas) -> None:
    """Title, and a card for each term; more terms, or longer ones, become rows.

    Raises:
        LayoutError: Something does not fit.
    """
    if 0 < len(canvas.scene.bullets) <= MOST_CARDS:
        canvas.draw_first_fitting(_draw_term_cards, _draw_term_rows)
    else:
        _draw_term_rows(canvas)


def _draw_term_rows(canvas: Canvas) -> None:
    draw_list_scene(canvas, Marker.BAR)


def _draw_term_cards(canvas: Canvas) -> None:
    body = draw_display_band(canvas, draw_title(canvas))
    count = len(canvas.scene.bullets)
    across, down = (1, count) if canvas.grid.is_upright else (count, 1)
    width = (body.width - GAP * (across - 1)) // across
    tallest = (body.height - GAP * (down - 1)) // down
    inner = width - 2 * _PADDING
    parts = [split_label(bullet.text) for bullet in canvas.scene.bullets]
    room = tallest - 2 * _PADDING
    steps = canvas.grid.type_steps
    terms = _fit_terms([term for term, _ in parts], _TERM.raised(steps), inner, room)
    highest = max((term.height for term in terms if term), default=0)
    left = room - highest - 2 * _DIVIDER_GAP
    meanings = fit_together(
        [meaning for _, meaning in parts],
        (inner,) * count,
        (_MEANING if count > 1 else _LONE_MEANING).raised(steps),
        lambda found: max(block.height for block in found) <= left,
    )
    needed = highest + 2 * _DIVIDER_GAP + max(block.height for block in meanings)
    lowest = _LOWEST_UPRIGHT if canvas.grid.is_upright else _LOWEST
    height = min(tallest, max(needed + 2 * _PADDING, lowest))
    top = body.y + (body.height - down * height - (down - 1) * GAP) // 2
    for index in range(count):
        row, column = (index, 0) if canvas.grid.is_upright else (0, index)
        box = Box(body.x + column * (width + GAP), top + row * (height + GAP), width, height)
        _draw_term(canvas, index, box, _Term(terms[index], meanings[index], highest))


@dataclass(frozen=True, slots=True)
class _Term:
    term: TextBlock | None
    meaning: TextBlock
    term_height: int


def _fit_terms(terms: list[str], style: TextStyle, width: int, room: int) -> list[TextBlock | None]:
    named = [term for term in terms if term]
    blocks = iter(
        fit_together(
            named,
            (width,) * len(named),
            style,
            lambda found: max(block.height for block in found) <= room // 2,
        )
        if named
        else ()
    )
    return [next(blocks) if term else None for term in terms]


def _draw_term(canvas: Canvas, index: int, box: Box, term: _Term) -> None:
    palette, cues = canvas.palette, canvas.cues
    frames = cues.bullet_frames()
    later = next_later(frames, index)
    name = f"bullet-{index + 1}"
    motion = cues.reveal(frames[index])
    spell = cues.spell(frames[index], later)
    x, y = box.x + _PADDING, box.y + _PADDING + 8
    canvas.panel(Name(f"{name}-card", Role.BULLET), box, palette.card, motion, CORNER)
    canvas.panel(Name(f"{name}-highlight", Role.BULLET), box, palette.highlight, spell, CORNER)
    if term.term is not None:
        ink = Ink(palette.accent, palette.highlight)
        canvas.text(Name(f"{name}-term", Role.BULLET), term.term, (x, y), ink, motion)
        y += term.term_height + _DIVIDER_GAP
        divider = Box(x, y, 72, 6)
        canvas.panel(Name(f"{name}-rule", Role.BULLET), divider, palette.accent, motion, 3)
        y += _DIVIDER_GAP
    ink = Ink(palette.ink, palette.highlight)
    canvas.text(Name(name, Role.BULLET), term.meaning, (x, y), ink, cues.reveal(frames[index]))
