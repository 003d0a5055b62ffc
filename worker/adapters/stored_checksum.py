"""CRC32C checksums as Cloud Storage writes them: four bytes, big-endian, in base64."""

from __future__ import annotations

import base64
from pathlib import Path

import google_crc32c

CHUNK_BYTES = 1 << 20


class RunningChecksum:
    """The checksum of what has passed so far."""

    def __init__(self) -> None:
        self._value = 0

    def add(self, chunk: bytes) -> None:
        """Let some bytes pass."""
        self._value = google_crc32c.extend(self._value, chunk)

    @property
    def text(self) -> str:
        """The checksum as the service writes it."""
        return base64.b64encode(self._value.to_bytes(4, "big")).decode()


def checksum_of(file: Path) -> tuple[int, str]:
    """Return a file's size and checksum; it is read piece by piece."""
    running, size = RunningChecksum(), 0
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            running.add(chunk)
            size += len(chunk)
    return size, running.text


def named_in(header: str) -> str | None:
    """Return the checksum that an `X-Goog-Hash` header names: `crc32c=…,md5=…`."""
    for part in header.split(","):
        kind, _, value = part.strip().partition("=")
        if kind == "crc32c":
            return value
    return None
