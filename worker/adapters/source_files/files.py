"""Finds the files that an operator names, and reads each by its kind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from worker.adapters.source_files.html_file import read_html
from worker.adapters.source_files.markdown_file import read_markdown
from worker.adapters.source_files.pdf_file import read_pdf
from worker.adapters.source_files.reading import ReadFile, refused
from worker.adapters.source_files.stated import Stated, attribution_of
from worker.lessons.passage_split import split_into_passages
from worker.lessons.source_errors import Refusal, SourceRefusedError
from worker.lessons.source_text import SourceText, letters_in

READING = "1"
"""Part of every digest: raise it when a file is read or cut otherwise than before."""

MEBI = 1 << 20
MOST_BYTES = {"markdown": 16 * MEBI, "html": 16 * MEBI, "pdf": 512 * MEBI}
"""Of one file. A textbook as a PDF has hundreds, for its pictures; a text never has. (ours)"""

FEWEST_LETTERS = 20
"""A file with fewer says nothing that a lesson could rest on. (ours)"""

KINDS = {
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".pdf": "pdf",
}

_KINDS_IN_WORDS = "give Markdown (.md), HTML (.html) or PDF (.pdf)"


def find_files(paths: Sequence[Path]) -> Iterator[Path | SourceRefusedError]:
    """Yield the files of some paths, each once; of a folder all that can be read, in order.

    What is hidden is left out of folders. A path that is not there, or a folder without such a
    file, is an error among the files.
    """
    seen = set[Path]()
    for path in paths:
        for found in _files_of(path):
            if isinstance(found, SourceRefusedError):
                yield found
            elif found not in seen:
                seen.add(found)
                yield found


def _files_of(path: Path) -> Sequence[Path | SourceRefusedError]:
    if not path.exists():
        return [refused(Refusal.NOT_FOUND, str(path), "is not there", "check the path")]
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.rglob("*") if _is_wanted(one.relative_to(path), one))
    if found:
        return found
    return [refused(Refusal.EMPTY, str(path), "holds no file that is read", _KINDS_IN_WORDS)]


def _is_wanted(relative: Path, path: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in relative.parts)
    return path.suffix.lower() in KINDS and not is_hidden and path.is_file()


def read_source(path: Path, given: Stated) -> SourceText:
    """Read one file, and cut it into passages. It blocks: seconds for a large PDF.

    Raises:
        SourceRefusedError: It cannot be a source; the error says what to do.
    """
    file = path.as_posix()
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise refused(Refusal.UNKNOWN_KIND, file, "is of no kind that is read", _KINDS_IN_WORDS)
    try:
        _check_size(path, file, MOST_BYTES[kind])
        digest = _digest(path)
        read = _read(path, file, kind)
    except OSError as error:
        raise refused(
            Refusal.NOT_READABLE, file, f"cannot be read ({error.strerror})", "check its rights"
        ) from error
    if letters_in(read.blocks) < FEWEST_LETTERS:
        raise refused(Refusal.EMPTY, file, "has no text to speak of", "leave it out")
    first = next((block.text for block in read.blocks if block.level), path.stem)
    attribution = attribution_of(file, given, read.stated, first)
    passages = split_into_passages(read.blocks)
    if not passages:
        raise refused(Refusal.NO_TEXT, file, "has headings and no text", "leave it out")
    return SourceText(attribution.url or file, digest, attribution, passages, read.remarks)


def _check_size(path: Path, file: str, most: int) -> None:
    size = path.stat().st_size
    if size == 0:
        raise refused(Refusal.EMPTY, file, "is empty", "leave it out")
    if size > most:
        raise refused(
            Refusal.TOO_LARGE,
            file,
            f"has {size / MEBI:.0f} MiB, {most // MEBI} are read",
            "split it into chapters",
        )


def _digest(path: Path) -> str:
    digest = hashlib.sha256(f"{READING}\n".encode())
    with path.open("rb") as content:
        while chunk := content.read(MEBI):
            digest.update(chunk)
    return digest.hexdigest()


def _read(path: Path, file: str, kind: str) -> ReadFile:
    match kind:
        case "markdown":
            return read_markdown(path.read_bytes(), file)
        case "html":
            return read_html(path.read_bytes(), file)
        case _:
            return read_pdf(path, file)
