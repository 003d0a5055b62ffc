"""The card that a lesson ends with: the texts that it rests on, and under which licences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import BOLD, SEMIBOLD, clean_text
from worker.layout.frame_parts import draw_title
from worker.layout.grid import CORNER, GAP, stacked
from worker.layout.stage_drawing import draw_ornament, split_stage
from worker.layout.text import (
    MINIMUM_SIZE,
    TextBlock,
    TextStyle,
    ellipsize,
    fit_text,
    fit_together,
    set_text,
)
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Box, Role
from worker.lessons.sources_card import Credit, credits_of

REWORDED = "Put into our own words for this lesson."
"""CC BY asks to say whether a text was changed (legal code 4.0, section 3.a.1.B)."""

_TITLE = TextStyle(BOLD, largest=62, leading=1.16, max_lines=2, smallest=48)
_DETAIL = TextStyle(SEMIBOLD, largest=42, leading=1.3, max_lines=3)
_LICENCE = TextStyle(SEMIBOLD, largest=42)
_DENSE_TITLE = TextStyle(BOLD, largest=42)
_DENSE_DETAIL = TextStyle(SEMIBOLD, largest=MINIMUM_SIZE)
_NOTE = TextStyle(SEMIBOLD, largest=42, leading=1.25, max_lines=2)

_PADDING = 40
_LINE_GAP, _UPRIGHT_LINE_GAP = 28, 44
_PILL_PADDING = 28
_PILL_HEIGHT = 68
_NOTE_ROOM, _UPRIGHT_NOTE_ROOM = 84, 148
_DENSE_HEIGHT = 132


@dataclass(frozen=True, slots=True)
class _Entry:
    """A credit with its measured texts.

    Attributes:
        licence: On one line; None where the licence has no name.
        is_stacked: The licence stands below the other texts, not at the right of them.
    """

    title: TextBlock
    details: tuple[TextBlock, ...]
    licence: TextBlock | None
    is_stacked: bool

    @property
    def gap(self) -> int:
        """Between its texts."""
        return _UPRIGHT_LINE_GAP if self.is_stacked else _LINE_GAP

    @property
    def text_height(self) -> int:
        """Of title and details."""
        return self.title.height + sum(self.gap + one.height for one in self.details)

    @property
    def height(self) -> int:
        """Of the whole card."""
        pill = self.gap + _PILL_HEIGHT if self.licence and self.is_stacked else 0
        return self.text_height + pill + 2 * _PADDING


def draw_sources(canvas: Canvas) -> None:
    """Title, a card for each text, and that they were put into other words.

    Many texts become dense rows; what does not fit into them, or holds signs that the font
    lacks, is counted and stands in `citations.json`.

    Raises:
        LayoutError: The scene's title does not fit.
    """
    body = draw_title(canvas)
    credited = credits_of(canvas.scene.sources)
    named = [one for one in credited if _can_be_drawn(one)]
    ways = [partial(_draw_dense, body=body, named=named, count=len(credited))]
    if len(named) == len(credited):
        beside, drawing = split_stage(canvas, body)
        ways.insert(0, partial(_draw_cards, body=body, named=named, drawing=None))
        ways.insert(0, partial(_draw_cards, body=beside, named=named, drawing=drawing))
    canvas.draw_first_fitting(*ways)


def _can_be_drawn(credit: Credit) -> bool:
    try:
        for text in (credit.title, *credit.chapters, credit.author, credit.licence, credit.url):
            clean_text(text)
    except LayoutError:
        return False
    return True


def _draw_cards(canvas: Canvas, body: Box, named: Sequence[Credit], drawing: Box | None) -> None:
    note_room = _note_room(canvas)
    area = Box(body.x, body.y, body.width, body.height - note_room)
    entries = _entries(canvas, area.width, named)
    heights = tuple(entry.height for entry in entries)
    needed = sum(heights) + GAP * (len(heights) - 1)
    if needed > area.height:
        raise LayoutError("the sources do not fit as cards")
    tops = stacked((*heights, note_room - GAP), GAP, body)
    for number, (entry, top) in enumerate(zip(entries, tops, strict=False), start=1):
        _draw_entry(canvas, number, Box(area.x, top, area.width, entry.height), entry)
    _draw_note(canvas, REWORDED, Box(body.x, tops[-1], body.width, note_room - GAP))
    if drawing is not None:
        draw_ornament(canvas, drawing)


def _entries(canvas: Canvas, width: int, named: Sequence[Credit]) -> list[_Entry]:
    """Measure all credits, alike in size.

    Raises:
        LayoutError: A text does not fit the width at the smallest size.
    """
    steps, is_stacked = canvas.grid.type_steps, canvas.grid.is_upright
    inner = width - 2 * _PADDING
    style = _LICENCE.raised(steps // 2)
    licences = [
        set_text(one.licence, inner, style.largest, style) if one.licence else None for one in named
    ]
    widest = max((one.width for one in licences if one), default=0) + 2 * _PILL_PADDING
    column = inner if is_stacked else inner - widest - _PADDING
    if any(one and len(one.lines) > 1 for one in licences) or column < inner // 2:
        raise LayoutError("a licence's name is too long for a card")
    fit = partial(_fit_alike, width=column)
    titles = fit([one.title for one in named], style=_TITLE.raised(steps))
    details = [_details(one) for one in named]
    blocks = iter(fit([text for own in details for text in own], style=_DETAIL.raised(steps // 2)))
    return [
        _Entry(title, tuple(next(blocks) for _ in own), licence, is_stacked)
        for title, own, licence in zip(titles, details, licences, strict=True)
    ]


def _fit_alike(texts: Sequence[str], width: int, style: TextStyle) -> tuple[TextBlock, ...]:
    if not texts:
        return ()
    return fit_together(texts, (width,) * len(texts), style, lambda _: True)


def _details(credit: Credit) -> tuple[str, ...]:
    """What stands below a title: the chapters, then whose it is and where."""
    address = credit.url.partition("://")[2] or credit.url
    whose = ", ".join(part for part in (credit.author, address.rstrip("/")) if part)
    return tuple(part for part in ("; ".join(credit.chapters), whose) if part)


def _draw_entry(canvas: Canvas, number: int, box: Box, entry: _Entry) -> None:
    palette, still = canvas.palette, canvas.cues.still()
    name = f"source-{number}"
    canvas.panel(Name(f"{name}-card", Role.LABEL), box, palette.card, still, CORNER)
    x, y = box.x + _PADDING, box.y + _PADDING
    canvas.text(Name(name, Role.LABEL), entry.title, (x, y), canvas.card_ink, still)
    y += entry.title.height
    muted = Ink(palette.muted, palette.card)
    for index, block in enumerate(entry.details, start=1):
        y += entry.gap
        canvas.text(Name(f"{name}-detail-{index}", Role.LABEL), block, (x, y), muted, still)
        y += block.height
    if entry.licence is None:
        return
    width = entry.licence.width + 2 * _PILL_PADDING
    pill = Box(x, y + entry.gap, width, _PILL_HEIGHT)
    if not entry.is_stacked:
        middle = box.y + (box.height - _PILL_HEIGHT) // 2
        pill = Box(box.right - _PADDING - width, middle, width, _PILL_HEIGHT)
    canvas.panel(Name(f"{name}-pill", Role.LABEL), pill, palette.highlight, still, pill.height // 2)
    ink = Ink(palette.accent, palette.highlight)
    canvas.centered_text(Name(f"{name}-licence", Role.LABEL), entry.licence, pill, ink, still)


def _note_room(canvas: Canvas) -> int:
    """Height of the note, one line wide or two upright, with the gap above it."""
    return _UPRIGHT_NOTE_ROOM if canvas.grid.is_upright else _NOTE_ROOM


def _draw_note(canvas: Canvas, text: str, place: Box) -> None:
    ink = Ink(canvas.palette.muted, canvas.palette.background)
    block = fit_text(text, place.width, place.height, _NOTE)
    at = (place.x, place.y + (place.height - block.height) // 2)
    canvas.text(Name("note", Role.LABEL), block, at, ink, canvas.cues.still())


def _draw_dense(canvas: Canvas, body: Box, named: Sequence[Credit], count: int) -> None:
    """Two lines for each text, in columns; the last of them are cut, not left out."""
    note_room = _note_room(canvas)
    rows = (body.height - note_room + GAP) // (_DENSE_HEIGHT + GAP)
    columns = 1 if canvas.grid.is_upright or len(named) <= rows else 2
    shown = named[: columns * rows]
    width = (body.width - GAP * (columns - 1)) // columns
    for index, credit in enumerate(shown):
        left = body.x + index % columns * (width + GAP)
        top = body.y + index // columns * (_DENSE_HEIGHT + GAP)
        _draw_dense_entry(canvas, index + 1, Box(left, top, width, _DENSE_HEIGHT), credit)
    unnamed = count - len(shown)
    more = f"{'And ' if shown else ''}{unnamed} {'more ' if shown else ''}in citations.json."
    below = body.y + -(-len(shown) // columns) * (_DENSE_HEIGHT + GAP)
    note = f"{more} {REWORDED}" if unnamed else REWORDED
    _draw_note(canvas, note, Box(body.x, below, body.width, note_room - GAP))


def _draw_dense_entry(canvas: Canvas, number: int, box: Box, credit: Credit) -> None:
    name, still = f"source-{number}", canvas.cues.still()
    canvas.panel(Name(f"{name}-card", Role.LABEL), box, canvas.palette.card, still, CORNER)
    upper = Box(box.x + _PADDING, box.y + 4, box.width - 2 * _PADDING, box.height // 2)
    _draw_cut(canvas, name, credit.title, upper, _DENSE_TITLE)
    # The licence first: what is cut off at the end stands in full in the citations.
    detail = " · ".join(part for part in (credit.licence, *_details(credit)) if part)
    if detail:
        lower = upper.moved(0, upper.height - 8)
        _draw_cut(canvas, f"{name}-detail-1", detail, lower, _DENSE_DETAIL)


def _draw_cut(canvas: Canvas, name: str, text: str, place: Box, style: TextStyle) -> None:
    """One line of text, its end left out where it is too long."""
    palette = canvas.palette
    cut = ellipsize(text, place.width, style.largest, style.weight)
    block = set_text(cut, canvas.grid.width, style.largest, style)
    ink = Ink(palette.ink if style is _DENSE_TITLE else palette.muted, palette.card)
    at = (place.x, place.y + (place.height - block.height) // 2)
    canvas.text(Name(name, Role.LABEL), block, at, ink, canvas.cues.still())
