"""Scenes that ask: the hook that opens a lesson, and the question with its pause and answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.display import draw_display_band
from worker.layout.fonts import BOLD, SEMIBOLD
from worker.layout.frame_parts import draw_title
from worker.layout.grid import CORNER, GAP, GUTTER, stacked
from worker.layout.icons import TICK, placed
from worker.layout.rows import Marker, draw_list_scene
from worker.layout.stage_drawing import LARGE, draw_ornament, split_stage
from worker.layout.text import TextBlock, TextStyle, fit_line, fit_text, fit_together
from worker.lessons.render_plan import Box, Motion, Role

LONG_PAUSE_SECONDS = 2.0
"""A silence of this length or more is for thinking (the rules ask for 3 s)."""

MOST_CHIPS_IN_A_ROW = 3

_BIG_QUESTION = TextStyle(BOLD, largest=132, leading=1.14, max_lines=5)
_KICKER = TextStyle(SEMIBOLD, largest=54, leading=1.2, max_lines=2)
_QUESTION = TextStyle(BOLD, largest=80, leading=1.2, max_lines=4)
_ANSWER = TextStyle(BOLD, largest=70, leading=1.2, max_lines=3)
_REASON = TextStyle(SEMIBOLD, largest=54, leading=1.25, max_lines=3)
_CHIP = TextStyle(SEMIBOLD, largest=48, leading=1.25, max_lines=3)


def asked_sentence(canvas: Canvas) -> int:
    """Index of the sentence that asks: before the long pause, or the first with a question mark."""
    sentences = canvas.scene.sentences
    longest = max(range(len(sentences)), key=lambda index: sentences[index].pause_after)
    if sentences[longest].pause_after >= LONG_PAUSE_SECONDS:
        return longest
    asking = [index for index, s in enumerate(sentences) if s.text.rstrip().endswith("?")]
    return asking[0] if asking else 0


def draw_hook(canvas: Canvas) -> None:
    """One big question beside the subject's drawing; further bullets as chips below it.

    The question is the scene's display, or else its first bullet with a question mark, or else
    the asking sentence itself. Where chips would be too small for their texts, all bullets
    become rows.

    Raises:
        LayoutError: Something does not fit.
    """
    canvas.draw_first_fitting(_draw_big_question, lambda drawn: draw_list_scene(drawn, Marker.BAR))


def _draw_big_question(canvas: Canvas) -> None:
    cues = canvas.cues
    text, frame, rest = _hook_question(canvas)
    grid = canvas.grid
    style = _KICKER.raised(grid.type_steps)
    kicker = fit_line(canvas.scene.title, grid.content_width, 150, style, smallest=42)
    ink = Ink(canvas.palette.accent, canvas.palette.background)
    canvas.text(Name("title", Role.TITLE), kicker, (grid.margin, grid.title_top), ink, cues.still())
    body = grid.body_from(grid.title_top + kicker.height + 48)
    if rest:
        body = _draw_chips(canvas, body, rest)
    place, drawing = split_stage(canvas, body, LARGE)
    block = fit_text(text, place.width, place.height - 40, _BIG_QUESTION)
    top = place.y + (place.height - block.height) // 2
    draw_ornament(canvas, drawing)
    name = Name("question", Role.QUESTION)
    canvas.text(name, block, (place.x, top), canvas.ink, cues.reveal(frame))


def _hook_question(canvas: Canvas) -> tuple[str, int, list[int]]:
    """The question, the frame on which it appears, and the numbers of the bullets beside it."""
    scene, cues = canvas.scene, canvas.cues
    numbers = list(range(len(scene.bullets)))
    if scene.display:
        return scene.display, cues.display_frame(), numbers
    asking = [n for n in numbers if scene.bullets[n].text.endswith("?")]
    if asking:
        numbers.remove(asking[0])
        return scene.bullets[asking[0]].text, cues.bullet_frames()[asking[0]], numbers
    asked = asked_sentence(canvas)
    return scene.sentences[asked].text, cues.word_frame(asked), numbers


def _draw_chips(canvas: Canvas, body: Box, numbers: list[int]) -> Box:
    """Bullets side by side at the bottom; returns what is left of the body."""
    palette, cues = canvas.palette, canvas.cues
    texts = [canvas.scene.bullets[number].text for number in numbers]
    frames = cues.bullet_frames()
    columns = len(texts) if len(texts) <= MOST_CHIPS_IN_A_ROW else 2
    if canvas.grid.is_upright:
        columns = 1
    rows = -(-len(texts) // columns)
    width = (body.width - GAP * (columns - 1)) // columns
    tallest = (body.height // 2 - GAP * (rows - 1)) // rows
    blocks = fit_together(
        texts,
        (width - 80,) * len(texts),
        _CHIP.raised(canvas.grid.type_steps),
        lambda found: max(block.height for block in found) + 60 <= tallest,
    )
    height = max(block.height for block in blocks) + 60
    total = rows * (height + GAP) - GAP
    for index, (block, number) in enumerate(zip(blocks, numbers, strict=True)):
        x = body.x + index % columns * (width + GAP)
        top = body.bottom - total + index // columns * (height + GAP)
        box = Box(x, top, width, height)
        motion = cues.reveal(frames[number])
        name = f"bullet-{number + 1}"
        canvas.panel(Name(f"{name}-card", Role.BULLET), box, palette.card, motion, CORNER)
        at = (box.x + 40, box.y + (height - block.height) // 2)
        canvas.text(Name(name, Role.BULLET), block, at, canvas.card_ink, motion)
    return Box(body.x, body.y, body.width, body.height - total - GUTTER)


def draw_question(canvas: Canvas) -> None:
    """The question in a card, room to think, then the answer and its reasons.

    The question is a display that is revealed before the pause, or else the first bullet before
    it, or else the asking sentence itself. The first bullet after the pause is the answer; a
    display that is revealed after it stands below.

    Raises:
        LayoutError: Something does not fit.
    """
    body = draw_title(canvas)
    densities = _UPRIGHT if canvas.grid.is_upright else (_GENEROUS, _ROOMY, _DENSE)
    canvas.draw_first_fitting(
        *(partial(_draw_parts, body=body, density=density) for density in densities)
    )


@dataclass(frozen=True, slots=True)
class _Density:
    """Sizes in pixels of what a question scene is made of.

    Attributes:
        question: Highest block of question text.
        padding: Above and below the text of a card.
        answer: Lowest answer card.
        reason_padding: Above and below the text of a reason.
        gap: Between parts.
    """

    question: int
    padding: int
    answer: int
    reason_padding: int
    gap: int
    band: int


_GENEROUS = _Density(300, 80, 184, 34, 36, 164)
_ROOMY = _Density(300, 56, 140, 22, 30, 164)
_DENSE = _Density(84, 30, 104, 10, 14, 112)
_UPRIGHT = (_Density(560, 96, 300, 44, 40, 236), _ROOMY, _DENSE)


def _draw_parts(canvas: Canvas, body: Box, density: _Density) -> None:
    asked = asked_sentence(canvas)
    numbers = range(len(canvas.scene.bullets))
    before = [n for n in numbers if canvas.scene.bullets[n].sentence_index <= asked]
    after = [n for n in numbers if n not in before]
    text, frame, options = _asked_question(canvas, asked, before)
    left = _draw_asked(canvas, body, _Asked(text, canvas.cues.reveal(frame), density))
    if options:
        left = _draw_reasons(canvas, left, options, density)
    shows_later = _is_shown_later(canvas, asked)
    revealed = [canvas.cues.bullet_frames()[n] for n in after]
    if shows_later:
        revealed.append(canvas.cues.display_frame())
    _draw_thinking(canvas, left, asked, min(revealed, default=None))
    if shows_later:
        left = draw_display_band(canvas, left, density.band)
    if after:
        left = _draw_answer(canvas, left, after, density)
    if after[1:]:
        _draw_reasons(canvas, left, after[1:], density, centered=not canvas.grid.is_upright)


def _asked_question(canvas: Canvas, asked: int, before: list[int]) -> tuple[str, int, list[int]]:
    """The question, the frame on which it appears, and the numbers of the bullets under it."""
    scene, cues = canvas.scene, canvas.cues
    if scene.display and not _is_shown_later(canvas, asked):
        return scene.display, cues.display_frame(), before
    if before:
        return scene.bullets[before[0]].text, cues.bullet_frames()[before[0]], before[1:]
    return scene.sentences[asked].text, cues.word_frame(asked), []


def _is_shown_later(canvas: Canvas, asked: int) -> bool:
    """Whether the display belongs to the answer."""
    return bool(canvas.scene.display) and canvas.scene.display_sentence_index > asked


@dataclass(frozen=True, slots=True)
class _Asked:
    text: str
    motion: Motion
    density: _Density


def _draw_asked(canvas: Canvas, body: Box, asked: _Asked) -> Box:
    """The question's card; returns what is left of the body below it."""
    palette, density = canvas.palette, asked.density
    style = _QUESTION.raised(canvas.grid.type_steps)
    block = fit_text(asked.text, body.width - 128, density.question, style)
    box = Box(body.x, body.y, body.width, block.height + 2 * density.padding)
    canvas.panel(Name("question-card", Role.QUESTION), box, palette.card, asked.motion, CORNER)
    bar = Box(box.x + 30, box.y + 28, 12, box.height - 56)
    canvas.panel(Name("question-bar", Role.QUESTION), bar, palette.accent, asked.motion, 6)
    at = (box.x + 84, box.y + (box.height - block.height) // 2)
    canvas.text(Name("question", Role.QUESTION), block, at, canvas.card_ink, asked.motion)
    top = box.bottom + density.gap
    return Box(body.x, top, body.width, body.bottom - top)


def _draw_thinking(canvas: Canvas, body: Box, asked: int, until: int | None) -> None:
    """Three dots while nothing is said."""
    if until is None or canvas.scene.sentences[asked].pause_after < LONG_PAUSE_SECONDS:
        return
    motion = canvas.cues.spell(canvas.cues.end_frame(asked), until)
    size, gap = 30, 34
    left = body.x + (body.width - 3 * size - 2 * gap) // 2
    top = body.y + (body.height - size) // 2
    for index in range(3):
        box = Box(left + index * (size + gap), top, size, size)
        name = Name(f"thinking-{index + 1}", Role.DECORATION)
        canvas.panel(name, box, canvas.palette.accent, motion, size // 2)


def _draw_answer(canvas: Canvas, body: Box, after: list[int], density: _Density) -> Box:
    """The answer's card; returns what is left of the body below it."""
    palette, number = canvas.palette, after[0]
    is_alone = len(after) == 1
    room = (body.height if is_alone else body.height // 2) - density.padding
    text = canvas.scene.bullets[number].text
    style = _ANSWER.raised(canvas.grid.type_steps)
    block = fit_line(text, body.width - 220, max(room, 0), style, smallest=62)
    height = max(density.answer, block.height + density.padding)
    top = body.y + (max(0, (body.height - height) // 2) if is_alone else 0)
    box = Box(body.x, top, body.width, height)
    motion = canvas.cues.reveal(canvas.cues.bullet_frames()[number])
    canvas.panel(Name("answer-card", Role.ANSWER), box, palette.accent, motion, CORNER)
    disc = Box(box.x + 42, box.y + (height - 80) // 2, 80, 80)
    canvas.panel(Name("answer-disc", Role.ANSWER), disc, palette.on_accent, motion, 40)
    tick = Name("answer-tick", Role.DECORATION)
    canvas.strokes(tick, placed(TICK, disc), palette.accent, 9, motion)
    ink = Ink(palette.on_accent, palette.accent)
    at = (disc.right + 36, box.y + (height - block.height) // 2)
    canvas.text(Name(f"bullet-{number + 1}", Role.ANSWER), block, at, ink, motion)
    below = box.bottom + density.gap
    return Box(body.x, below, body.width, body.bottom - below)


def _draw_reasons(
    canvas: Canvas, body: Box, numbers: list[int], density: _Density, *, centered: bool = False
) -> Box:
    """Plain lines with a small bar; returns what is left of the body below them."""
    blocks = fit_together(
        [canvas.scene.bullets[n].text for n in numbers],
        (body.width - 126,) * len(numbers),
        _REASON.raised(canvas.grid.type_steps),
        lambda found: sum(_padded(block, density) for block in found) <= body.height,
    )
    frames = canvas.cues.bullet_frames()
    heights = tuple(_padded(block, density) for block in blocks)
    top = stacked(heights, 0, body)[0] if centered else body.y
    for number, block, height in zip(numbers, blocks, heights, strict=True):
        motion = canvas.cues.reveal(frames[number])
        text_top = top + (height - block.height) // 2
        reach = max(3, density.reason_padding - 10)
        bar = Box(body.x + 42, text_top - reach, 10, block.height + 2 * reach)
        name = f"bullet-{number + 1}"
        canvas.panel(Name(f"{name}-bar", Role.BULLET), bar, canvas.palette.accent, motion, 5)
        canvas.text(Name(name, Role.BULLET), block, (body.x + 84, text_top), canvas.ink, motion)
        top += height
    top += density.gap
    return Box(body.x, top, body.width, body.bottom - top)


def _padded(block: TextBlock, density: _Density) -> int:
    return block.height + 2 * max(density.reason_padding, block.overhang + 1)
