"""A file in a bucket, before it is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of a file before it is read.

    Attributes:
        size: In bytes.
        etag: Quoted, as HTTP has it; another content has another one.
    """

    size: int
    etag: str
