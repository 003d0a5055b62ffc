"""What a cache entry looks like, as a file: it knows what it is, and whether it is whole.

::

    SHA-256 of everything after this line, hexadecimal
    {"format": "content-worker-cache/1", "kind": …, "key": …, "made_seconds": …}
    the body

Functions here read and write files: they block, and are called off the event loop.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

FORMAT = "content-worker-cache/1"

LONGEST_LINE = 1000
"""Of the two lines before the body; a longer one is no line of ours."""


class EntryKind(StrEnum):
    """What a cache holds; each kind has a folder of its own."""

    NARRATION = "narration"
    SEGMENT = "segments"


@dataclass(frozen=True, slots=True)
class EntryName:
    """Which thing an entry holds.

    Attributes:
        key: The digest of all that made the thing.
    """

    kind: EntryKind
    key: str

    @property
    def object_name(self) -> str:
        """Where it lies in the bucket."""
        return f"cache/{self.kind.value}/{self.key}"


class UnusableEntryError(Exception):
    """A file is not the entry that it should be: corrupt, truncated, or another's."""


def write_entry(name: EntryName, body: Path, made_seconds: float, target: Path) -> None:
    """Write an entry around a body.

    Args:
        name: What the body is.
        body: It stays as it is.
        made_seconds: How long it took to make.
        target: The entry.
    """
    header = {
        "format": FORMAT,
        "kind": name.kind.value,
        "key": name.key,
        "made_seconds": round(made_seconds, 3),
    }
    line = json.dumps(header).encode() + b"\n"
    with body.open("rb") as content, target.open("wb") as entry:
        checksum = hashlib.file_digest(content, lambda: hashlib.sha256(line))
        entry.write(checksum.hexdigest().encode() + b"\n" + line)
        content.seek(0)
        shutil.copyfileobj(content, entry)


def read_entry(name: EntryName, source: Path, body: Path) -> float:
    """Take the body out of an entry, and return how long it took to make.

    Raises:
        UnusableEntryError: The file is not that entry, or not as it was written.
    """
    with source.open("rb") as entry:
        checksum = _line(entry)
        line = _line(entry)
        start = entry.tell()
        found = hashlib.file_digest(entry, lambda: hashlib.sha256(line + b"\n"))
        if found.hexdigest().encode() != checksum:
            raise UnusableEntryError("it is not what its checksum says")
        made_seconds = _made_seconds(name, line)
        entry.seek(start)
        with body.open("wb") as content:
            shutil.copyfileobj(entry, content)
        return made_seconds


def _line(entry: IO[bytes]) -> bytes:
    line = entry.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise UnusableEntryError("it has no header")
    return line[:-1]


def _made_seconds(name: EntryName, line: bytes) -> float:
    """Read the header; its checksum is right, so that a wrong one was written elsewhere."""
    try:
        header = json.loads(line)
        said = (header["format"], header["kind"], header["key"])
        made_seconds = float(header["made_seconds"])
    except (ValueError, TypeError, LookupError) as error:
        raise UnusableEntryError("its header cannot be read") from error
    if said != (FORMAT, name.kind.value, name.key):
        raise UnusableEntryError("it is an entry of something else")
    return made_seconds
