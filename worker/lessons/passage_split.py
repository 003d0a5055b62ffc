"""Cuts a text into passages: never across a heading, and none longer than can be used."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from worker.lessons.source_text import Block, PassageText

LONGEST_PASSAGE = 1500
"""Characters: some 250 words, what a textbook says on one idea. Eight of them are a tenth of what
a storyboard's question may hold, and an embedding of more means less. (ours)"""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def split_into_passages(blocks: Iterable[Block]) -> tuple[PassageText, ...]:
    """Return the passages of a text, in its order.

    Paragraphs under one heading are put together as long as they fit. A paragraph that is too
    long is cut at the ends of sentences, a sentence that is too long between words.
    """
    return tuple(_passages(blocks))


def _passages(blocks: Iterable[Block]) -> Iterator[PassageText]:
    headings: list[tuple[int, str]] = []
    draft, page = "", None
    for block in blocks:
        pieces = [""] if block.level else list(_pieces(block.text))
        for piece in pieces:
            if draft and (block.level or len(draft) + 1 + len(piece) > LONGEST_PASSAGE):
                yield PassageText(tuple(title for _, title in headings), page, draft)
                draft = ""
            if piece:
                page = page if draft else block.page
                draft = f"{draft}\n{piece}" if draft else piece
        if block.level:
            headings = [one for one in headings if one[0] < block.level]
            headings.append((block.level, block.text))
    if draft:
        yield PassageText(tuple(title for _, title in headings), page, draft)


def _pieces(paragraph: str) -> Iterator[str]:
    if len(paragraph) <= LONGEST_PASSAGE:
        yield paragraph
        return
    draft = ""
    for sentence in _SENTENCE_END.split(paragraph):
        for part in textwrap.wrap(sentence, LONGEST_PASSAGE, break_on_hyphens=False):
            if draft and len(draft) + 1 + len(part) > LONGEST_PASSAGE:
                yield draft
                draft = ""
            draft = f"{draft} {part}" if draft else part
    if draft:
        yield draft
