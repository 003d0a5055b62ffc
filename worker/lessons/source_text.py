"""Texts that an operator brings: whose they are, what stands in them, how they are named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from worker.lessons.storyboard import Source

LONGEST_HEADINGS = 300
"""Characters of the headings above a passage, joined: what the column holds."""

_LONGEST_HEADING = 120
_DIGEST_SHOWN = 12
_BETWEEN = " › "  # noqa: RUF001  # a sign that no heading begins or ends with


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose a text is, on what terms it may be used, and for whom it is.

    Attributes:
        licence: Under which it may be used ("CC BY 4.0").
        author: Whom the licence wants named, or empty.
        url: Where it is to be found, or empty.
        language: As BCP 47 has it.
        grades: The lowest and the highest grade that it is for; None for all.
    """

    title: str
    licence: str
    author: str = ""
    url: str = ""
    language: str = "en"
    grades: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A heading or a paragraph of a file.

    Attributes:
        level: 1-6 for a heading, 0 for a paragraph.
        page: Counted from 1; None where there are no pages.
    """

    text: str
    level: int = 0
    page: int | None = None


@dataclass(frozen=True, slots=True)
class PassageText:
    """A stretch of a text, short enough to be read with others at once.

    Attributes:
        headings: Those above it, the highest first.
        page: The page that it begins on, counted from 1; None where there are no pages.
    """

    headings: tuple[str, ...]
    page: int | None
    text: str

    @property
    def heading(self) -> str:
        """The headings as one line; of many the lowest, which say most."""
        kept: list[str] = []
        for one in reversed(self.headings):
            joined = _BETWEEN.join([one[:_LONGEST_HEADING], *kept])
            if len(joined) > LONGEST_HEADINGS:
                break
            kept.insert(0, one[:_LONGEST_HEADING])
        return _BETWEEN.join(kept)


@dataclass(frozen=True, slots=True)
class SourceText:
    """One file, read.

    Attributes:
        origin: What it is known by when it comes again: its address, or its path as given.
        digest: The SHA-256 of the file and of how it was read.
        remarks: What could not be read of it, in sentences.
    """

    origin: str
    digest: str
    attribution: Attribution
    passages: tuple[PassageText, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that is kept, as a lesson may rest on it.

    Attributes:
        source: Names it in the lesson: its id, its text's title, where it stands, the terms.
        headings: The headings above it, as one line.
        grades: The grades that its text is for; None for all.
    """

    source: Source
    headings: str
    text: str
    grades: tuple[int, int] | None = None

    @property
    def title(self) -> str:
        """The nearest heading; the text's own title where there is none."""
        return self.headings.rpartition(_BETWEEN)[2] or self.source.title


@dataclass(frozen=True, slots=True)
class PassageNeed:
    """What passages are wanted for.

    Attributes:
        organization_id: Whose own texts may be read, beside those of all; None for none.
        language: As BCP 47 has it; texts of its first part are read.
    """

    organization_id: str | None
    language: str
    grade_level: int


def source_id(digest: str, ordinal: int) -> str:
    """Return what a passage is called in lessons: the same wherever the same file is read."""
    return f"doc-{digest[:_DIGEST_SHOWN]}-{ordinal}"


def chapter_of(heading: str, page: int | None) -> str:
    """Say where in its text a passage stands."""
    where = "" if page is None else f"p. {page}"
    return ", ".join(part for part in (heading, where) if part)


def in_one_line(text: str) -> str:
    """Return a text without line breaks, control characters and repeated space."""
    printable = "".join(one if one.isprintable() else " " for one in text)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", printable)).strip()


def letters_in(blocks: Sequence[Block]) -> int:
    """Count the letters and digits of some blocks."""
    return sum(character.isalnum() for block in blocks for character in block.text)
