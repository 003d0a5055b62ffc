"""Reads PDF files: their text page by page, and their outline as headings."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError, WrongPasswordError
from pypdf.generic import Destination

from worker.adapters.source_files.reading import ReadFile, refused
from worker.adapters.source_files.stated import Stated, stated_in
from worker.lessons.source_errors import Refusal
from worker.lessons.source_text import Block, in_one_line

DEEPEST_LEVEL = 6

_MALFORMED = (
    *(PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError),
    *(RecursionError, NotImplementedError, zlib.error, struct.error),
)
"""What the library raises where a file's structure is not what it says."""

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xad": ""}
)
_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    page: int


def read_pdf(path: Path, file: str) -> ReadFile:
    """Read a file's pages. It may take seconds for a book of hundreds of pages.

    Raises:
        SourceRefusedError: It is damaged, encrypted, or has no text but pictures of text.
    """
    with _translated(file), path.open("rb") as opened:
        reader = PdfReader(opened)
        if reader.is_encrypted and not reader.decrypt(""):
            raise WrongPasswordError
        pages = [page.extract_text() for page in reader.pages]
        headings = list(_headings(reader, reader.outline, 1))
        stated = _stated(reader)
    empty = [number for number, text in enumerate(pages, start=1) if not text.strip()]
    if len(empty) == len(pages):
        raise refused(
            Refusal.NO_TEXT,
            file,
            "has no text, only pictures of pages",
            "run a text recognition over it first (ocrmypdf, for example)",
        )
    blocks = tuple(_blocks(pages, headings))
    return ReadFile(blocks, stated, _remarks(empty, len(pages)))


@contextmanager
def _translated(file: str) -> Iterator[None]:
    try:
        yield
    except (FileNotDecryptedError, WrongPasswordError, DependencyError) as error:
        raise refused(
            Refusal.ENCRYPTED, file, "is encrypted", "save a copy without a password"
        ) from error
    except _MALFORMED as error:
        raise refused(
            Refusal.DAMAGED,
            file,
            f"is no PDF that can be read ({type(error).__name__})",
            "open it and save it anew, or get it again",
        ) from error


def _headings(reader: PdfReader, outline: Sequence[Any], level: int) -> Iterator[_Heading]:
    for one in outline:
        if isinstance(one, list):
            yield from _headings(reader, one, level + 1)
        elif isinstance(one, Destination):
            page = reader.get_destination_page_number(one)
            title = in_one_line(str(one.title or ""))
            if title and page is not None and page >= 0:
                yield _Heading(min(level, DEEPEST_LEVEL), title, page)


def _stated(reader: PdfReader) -> Stated:
    about, language = reader.metadata, reader.root_object.get("/Lang")
    found = {"lang": str(language or "")}
    if about is not None:
        found |= {"title": str(about.title or ""), "author": str(about.author or "")}
    rights = reader.xmp_metadata.dc_rights if reader.xmp_metadata else None
    if rights:
        found["rights"] = str(rights.get("x-default") or next(iter(rights.values())))
    return stated_in(found)


def _blocks(pages: Sequence[str], headings: Sequence[_Heading]) -> Iterator[Block]:
    for number, text in enumerate(pages):
        rest = _HYPHENATED.sub("", text.translate(_LIGATURES))
        for heading in (one for one in headings if one.page == number):
            found = _find_line(rest, heading.title)
            before, rest = ("", rest) if found is None else (rest[: found[0]], rest[found[1] :])
            yield from _paragraph(before, number)
            yield Block(heading.title, heading.level, number + 1)
        yield from _paragraph(rest, number)


def _find_line(text: str, title: str) -> tuple[int, int] | None:
    """Return where a heading stands on its page: lines of its own that say the same."""
    words = r"\s+".join(map(re.escape, title.split()))
    found = re.search(rf"^[ \t]*{words}[ \t]*$", text, re.IGNORECASE | re.MULTILINE)
    return found and found.span()


def _paragraph(text: str, number: int) -> Iterator[Block]:
    line = in_one_line(text)
    if line:
        yield Block(line, page=number + 1)


def _remarks(empty: Sequence[int], count: int) -> tuple[str, ...]:
    if not empty:
        return ()
    named = ", ".join(map(str, empty[:10])) + (" …" if len(empty) > 10 else "")  # noqa: PLR2004
    return (f"{len(empty)} of {count} pages have no text: {named}",)
