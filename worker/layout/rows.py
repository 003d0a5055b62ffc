"""Bullets as rows of cards, each with a marker: explanations, steps and takeaways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from itertools import product

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.display import (
    draw_any_display_column,
    draw_display_band,
    draw_display_column,
)
from worker.layout.fonts import BOLD, SEMIBOLD
from worker.layout.frame_parts import draw_title
from worker.layout.grid import CORNER, GAP, stacked
from worker.layout.icons import TICK, placed
from worker.layout.reveals import next_later
from worker.layout.stage_drawing import draw_ornament, split_stage
from worker.layout.text import MINIMUM_SIZE, TextBlock, TextStyle, fit_together, set_text
from worker.layout.visuals import draw_visual
from worker.lessons.render_plan import Box, Motion, Role

_TEXT = TextStyle(SEMIBOLD, largest=62, leading=1.22, max_lines=3)
_NUMBER = TextStyle(BOLD, largest=36)


@dataclass(frozen=True, slots=True)
class _Spacing:
    """Pixels around rows.

    Attributes:
        padding: Above a row's capitals and below its last baseline, at the least.
        gap: Between rows.
    """

    padding: int
    gap: int


_ROOMY = _Spacing(25, GAP)
_DENSE = _Spacing(12, 14)


Place = Callable[[Canvas, Box], Box]
"""Draws the display into a body, and returns what is left of it."""


_PLACES: tuple[tuple[Place, _Spacing], ...] = (
    (draw_display_column, _ROOMY),
    (draw_display_band, _ROOMY),
    (draw_display_band, _DENSE),
    (draw_any_display_column, _ROOMY),
    (draw_any_display_column, _DENSE),
)
"""Where a display may stand, the best first."""

_UPRIGHT_PLACES = _PLACES[1:3]

_EASILY_READ = 54
"""Pixels: a denser list, or another place for its display, is better than smaller texts. (ours)"""

_FEW = 3
"""Fewer rows than this are set larger, by a size of the type scale for each one that lacks."""

_FEW_GROW_BY = 44
"""Pixels that such rows may be higher, for each one that lacks."""

_MOST_ON_STAGE = 3
"""More takeaways than this take the whole stage; fewer leave room for the subject's drawing."""


class Marker(Enum):
    """What stands at the left of a row."""

    BAR = auto()
    NUMBER = auto()
    TICK = auto()


@dataclass(frozen=True, slots=True)
class _Look:
    """How rows are drawn.

    Attributes:
        smallest: Of their texts, in pixels.
    """

    marker: Marker
    spacing: _Spacing
    smallest: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One bullet with its place and times."""

    name: str
    number: int
    box: Box
    block: TextBlock
    motion: Motion
    text_motion: Motion
    spell: Motion


def draw_list_scene(canvas: Canvas, marker: Marker) -> None:
    """Title, rows, and beside them the visual; or the display, beside or below them.

    Takeaways leave room for the subject's drawing, as the hook does.

    Raises:
        LayoutError: Something does not fit.
    """
    body = draw_title(canvas)
    scene = canvas.scene
    if scene.visual is not None:
        draw_rows(canvas, draw_visual(canvas, scene.visual, body), marker)
    else:
        canvas.draw_first_fitting(*_arrangements(canvas, body, marker))


def _arrangements(canvas: Canvas, body: Box, marker: Marker) -> Iterator[Callable[[Canvas], None]]:
    """Ways to draw the rows with the display, the best first."""
    scene = canvas.scene
    if marker is Marker.TICK and not scene.display and len(scene.bullets) <= _MOST_ON_STAGE:
        yield partial(_draw_beside_ornament, body=body, look=_Look(marker, _ROOMY, _EASILY_READ))
    places = _UPRIGHT_PLACES if canvas.grid.is_upright else _PLACES
    for smallest, (place, spacing) in product((_EASILY_READ, MINIMUM_SIZE), places):
        look = _Look(marker, spacing, smallest)
        yield partial(_draw_beside_display, body=body, place=place, look=look)


def _draw_beside_ornament(canvas: Canvas, body: Box, look: _Look) -> None:
    area, drawing = split_stage(canvas, body)
    draw_ornament(canvas, drawing)
    _draw_as(canvas, area, look)


def _draw_beside_display(canvas: Canvas, body: Box, place: Place, look: _Look) -> None:
    _draw_as(canvas, place(canvas, body), look)


def draw_rows(canvas: Canvas, area: Box, marker: Marker) -> None:
    """All bullets of the scene as rows in an area.

    Raises:
        LayoutError: They do not fit.
    """
    sizes = product((_EASILY_READ, MINIMUM_SIZE), (_ROOMY, _DENSE))
    looks = [_Look(marker, spacing, smallest) for smallest, spacing in sizes]
    canvas.draw_first_fitting(*(partial(_draw_as, area=area, look=look) for look in looks))


def _draw_as(canvas: Canvas, area: Box, look: _Look) -> None:
    if canvas.scene.bullets:
        for row in _rows(canvas, area, look):
            _draw_row(canvas, row, look.marker)


def _rows(canvas: Canvas, area: Box, look: _Look) -> list[_Row]:
    texts = tuple(bullet.text for bullet in canvas.scene.bullets)
    spacing = look.spacing
    room = area.height - spacing.gap * (len(texts) - 1)
    width = area.width - _indent(look.marker) - 48
    lacking = max(0, _FEW - len(texts))
    blocks = fit_together(
        texts,
        (width,) * len(texts),
        replace(_TEXT.raised(canvas.grid.type_steps + lacking), smallest=look.smallest),
        lambda found: sum(_needed(block, spacing) for block in found) <= room,
    )
    tallest = canvas.grid.tallest_row + _FEW_GROW_BY * lacking
    heights = _heights(blocks, room, spacing, tallest)
    frames = canvas.cues.bullet_frames()
    rows = []
    for index, top in enumerate(stacked(heights, spacing.gap, area)):
        later = next_later(frames, index)
        rows.append(
            _Row(
                name=f"bullet-{index + 1}",
                number=index + 1,
                box=Box(area.x, top, area.width, heights[index]),
                block=blocks[index],
                motion=canvas.cues.reveal(frames[index]),
                text_motion=canvas.cues.reveal(frames[index], later),
                spell=canvas.cues.spell(frames[index], later),
            )
        )
    return rows


def _heights(
    blocks: tuple[TextBlock, ...], room: int, spacing: _Spacing, tallest: int
) -> tuple[int, ...]:
    """Each row as high as its text needs, and higher where there is room."""
    needed = [_needed(block, spacing) for block in blocks]
    spare = (room - sum(needed)) // len(blocks)
    return tuple(height + max(0, min(spare, tallest - height)) for height in needed)


def _needed(block: TextBlock, spacing: _Spacing) -> int:
    return block.height + 2 * max(spacing.padding, block.overhang + 4)


def _indent(marker: Marker) -> int:
    return 66 if marker is Marker.BAR else 132


def _draw_row(canvas: Canvas, row: _Row, marker: Marker) -> None:
    palette = canvas.palette
    box = row.box
    canvas.panel(Name(f"{row.name}-card", Role.BULLET), box, palette.card, row.motion, CORNER)
    canvas.panel(
        Name(f"{row.name}-highlight", Role.BULLET), box, palette.highlight, row.spell, CORNER
    )
    if marker is Marker.BAR:
        margin = min(26, box.height // 4)
        bar = Box(box.x + 26, box.y + margin, 10, box.height - 2 * margin)
        canvas.panel(Name(f"{row.name}-bar", Role.BULLET), bar, palette.accent, row.motion, 5)
    else:
        _draw_disc(canvas, row, marker)
    top = box.y + (box.height - row.block.height) // 2
    canvas.text(
        Name(row.name, Role.BULLET),
        row.block,
        (box.x + _indent(marker), top),
        Ink(palette.ink, palette.highlight),
        row.text_motion,
    )


def _draw_disc(canvas: Canvas, row: _Row, marker: Marker) -> None:
    palette = canvas.palette
    size = min(68, row.box.height - 10)
    box = Box(row.box.x + 34, row.box.y + (row.box.height - size) // 2, size, size)
    canvas.panel(Name(f"{row.name}-disc", Role.BULLET), box, palette.accent, row.motion, size // 2)
    name = Name(f"{row.name}-marker", Role.DECORATION)
    if marker is Marker.TICK:
        canvas.strokes(name, placed(TICK, box), palette.on_accent, 7, row.motion)
    else:
        block = set_text(str(row.number), size, 36, _NUMBER)
        ink = Ink(palette.on_accent, palette.accent)
        canvas.centered_text(name, block, box, ink, row.motion)
