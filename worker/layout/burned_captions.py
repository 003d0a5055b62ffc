"""Captions that are part of the picture, the word being spoken in a box of its own.

They are drawn over a plan that has been laid out: everything else stays out of the caption zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, floor

from worker.layout.fonts import CAP_HEIGHT, SEMIBOLD, clean_text
from worker.layout.grid import GRIDS, Grid
from worker.layout.palettes import Palette
from worker.layout.text import ink_box, text_width
from worker.layout.theme import theme_for
from worker.lessons.captions import CaptionCue, scene_cues
from worker.lessons.errors import LayoutError
from worker.lessons.look import LessonFace
from worker.lessons.render_plan import (
    Box,
    Element,
    Motion,
    PanelElement,
    Role,
    ScenePlan,
    TextElement,
    TextLine,
)
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene

_SIZES = (46, 42, 38, 36)
_LEADING = 1.3
_PADDING = (26, 18)
"""Around the lines, in pixels."""

_WORD_PADDING = (7, 10)
"""Around the spoken word's capitals; a space of the text is wider than one side of it."""

_CORNER = 14


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all captions of a scene share."""

    grid: Grid
    palette: Palette
    frame_count: int


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one caption, at their size, and the panel that they are centred in."""

    texts: tuple[str, ...]
    size: int
    panel: Box


@dataclass(frozen=True, slots=True)
class _Word:
    """One word with its place, and the frames on which it is spoken."""

    line: TextLine
    width: int
    frames: tuple[int, int]


def burn_captions(plan: ScenePlan, placed: PlacedScene, face: LessonFace) -> ScenePlan:
    """Add a scene's captions to its plan, exact to the frame on which each word begins.

    Args:
        plan: The scene without captions.
        placed: The same scene with its words' times.
        face: That of the plan.

    Raises:
        LayoutError: A word does not fit at the smallest size, or a character has no glyph.
    """
    # Captions look alike in all scenes of a lesson, whatever they stand on.
    palette = theme_for(face.subject, face.look.appearance).stage
    setting = _Setting(GRIDS[face.look.shape], palette, plan.frame_count)
    elements = [
        element
        for number, cue in enumerate(scene_cues(placed), start=1)
        for element in _draw_cue(f"caption-{number}", cue, setting)
    ]
    return replace(plan, elements=(*plan.elements, *elements))


def _draw_cue(name: str, cue: CaptionCue, setting: _Setting) -> Iterator[Element]:
    palette, grid = setting.palette, setting.grid
    lines = tuple(clean_text(line) for line in cue.lines)
    size = _size(lines, grid.width - 4 * _PADDING[0])
    panel = _panel(lines, size, grid)
    last = min(ceil(cue.end * FRAMES_PER_SECOND), setting.frame_count) - 1
    motion = Motion(min(floor(cue.start * FRAMES_PER_SECOND), last), last)
    yield PanelElement(f"{name}-panel", Role.CAPTION, panel, motion, palette.card, radius=_CORNER)
    words = tuple(_words(cue, _Lines(lines, size, panel), last))
    ink = (palette.ink, palette.card)
    yield _text(name, tuple(word.line for word in words), motion, size, ink)
    for number, word in enumerate(words, start=1):
        if word.frames[0] <= word.frames[1]:  # else the next one is spoken within the same frame
            yield from _draw_spoken(f"{name}-word-{number}", word, size, palette)


def _draw_spoken(name: str, word: _Word, size: int, palette: Palette) -> Iterator[Element]:
    motion = Motion(*word.frames)
    capitals = round(size * CAP_HEIGHT)
    box = Box(word.line.x, word.line.baseline - capitals, word.width, capitals)
    box = box.inset(-_WORD_PADDING[0], -_WORD_PADDING[1])
    yield PanelElement(f"{name}-box", Role.CAPTION, box, motion, palette.accent, _CORNER // 2)
    yield _text(name, (word.line,), motion, size, (palette.on_accent, palette.accent))


def _size(lines: tuple[str, ...], width: int) -> int:
    for size in _SIZES:
        if all(text_width(line, size, SEMIBOLD) <= width for line in lines):
            return size
    raise LayoutError(
        f"a caption of {max(map(len, lines))} characters does not fit at {_SIZES[-1]} px",
        "leave the captions to the track, or say it in shorter words",
    )


def _panel(lines: tuple[str, ...], size: int, grid: Grid) -> Box:
    """The box behind a cue, in the middle of the caption zone."""
    width = ceil(max(text_width(line, size, SEMIBOLD) for line in lines)) + 2 * _PADDING[0]
    height = _ink_height(lines, size) + 2 * _PADDING[1]
    room = grid.height - grid.caption_top
    return Box((grid.width - width) // 2, grid.caption_top + (room - height) // 2, width, height)


def _ink_height(lines: tuple[str, ...], size: int) -> int:
    """From the top of the first line's capitals to the last baseline."""
    return round(size * CAP_HEIGHT) + (len(lines) - 1) * round(size * _LEADING)


def _words(cue: CaptionCue, lines: _Lines, last: int) -> Iterator[_Word]:
    """Each word on its own, so that the box and the word in it stand where the line has them."""
    starts = [floor(word.start * FRAMES_PER_SECOND) for word in cue.words]
    ends = [*(start - 1 for start in starts[1:]), last]
    frames = iter(zip(starts, ends, strict=True))
    size, panel = lines.size, lines.panel
    top = panel.y + (panel.height - _ink_height(lines.texts, size)) // 2
    for row, text in enumerate(lines.texts):
        baseline = top + round(size * CAP_HEIGHT) + row * round(size * _LEADING)
        left = panel.x + (panel.width - text_width(text, size, SEMIBOLD)) / 2
        said = ""
        for word in text.split(" "):
            x = round(left + text_width(said, size, SEMIBOLD))
            width = ceil(text_width(word, size, SEMIBOLD))
            yield _Word(TextLine(word, x, baseline), width, next(frames))
            said += f"{word} "


def _text(
    name: str, lines: tuple[TextLine, ...], motion: Motion, size: int, ink: tuple[str, str]
) -> TextElement:
    box = ink_box(lines, size, SEMIBOLD)
    color, surface = ink
    return TextElement(
        name, Role.CAPTION, box, motion, lines, size, SEMIBOLD, color=color, surface=surface
    )
