"""Reads Markdown (CommonMark with tables), and the YAML before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from worker.adapters.source_files.reading import ReadFile, decoded, refused
from worker.adapters.source_files.stated import stated_in
from worker.lessons.source_errors import Refusal
from worker.lessons.source_text import Block, in_one_line

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_CELL = " | "


def read_markdown(content: bytes, file: str) -> ReadFile:
    """Read a file's headings, paragraphs, lists, tables and code; HTML within it is left out.

    Raises:
        SourceRefusedError: It is no text in UTF-8, or what stands before it is no YAML.
    """
    text = decoded(content, file).replace("\r\n", "\n")
    before = _FRONT_MATTER.match(text)
    found = _front_matter(before[1], file) if before else {}
    body = text[before.end() :] if before else text
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    return ReadFile(tuple(_blocks(tokens)), stated_in(found))


def _front_matter(written: str, file: str) -> dict[str, str]:
    try:
        found = yaml.safe_load(written)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise refused(
            Refusal.BAD_ATTRIBUTION,
            file,
            "begins with --- and no YAML after it",
            "mend it, or take it out",
        ) from error
    if not isinstance(found, dict):
        return {}
    return {str(name).lower(): _in_words(value) for name, value in found.items()}


def _in_words(value: object) -> str:
    """Write what a name says; of a list, its plain members, and of nothing else anything."""
    members = value if isinstance(value, list) else [value]
    plain = [str(one) for one in members if isinstance(one, (str, int, float))]
    return ", ".join(plain)


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    level, row = 0, None
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "tr_open":
            row = list[str]()
        elif token.type == "tr_close" and row is not None:
            yield from _block(_CELL.join(row), 0)
            row = None
        elif token.type == "inline" and row is not None:
            row.append(_words(token))
        elif token.type == "inline":
            yield from _block(_words(token), level)
            level = 0
        elif token.type in {"fence", "code_block"}:
            yield from _block(token.content, 0)


def _block(text: str, level: int) -> Iterator[Block]:
    line = in_one_line(text)
    if line:
        yield Block(line, level)


def _words(token: Token) -> str:
    parts = []
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type != "html_inline":
            # An image's content is what is said in its place.
            parts.append(child.content)
    return "".join(parts)
