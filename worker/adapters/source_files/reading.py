"""What the readers share: what they give, and how they decode and refuse."""

from __future__ import annotations

from dataclasses import dataclass

from worker.adapters.source_files.stated import Stated
from worker.lessons.source_errors import Refusal, SourceRefusedError
from worker.lessons.source_text import Block


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What stands in a file.

    Attributes:
        remarks: What could not be read of it, in sentences.
    """

    blocks: tuple[Block, ...]
    stated: Stated
    remarks: tuple[str, ...] = ()


def decoded(content: bytes, file: str) -> str:
    """Return a text in UTF-8, without its byte order mark.

    Raises:
        SourceRefusedError: It is none.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(
            Refusal.WRONG_ENCODING,
            file,
            f"is no UTF-8 (byte {error.start})",
            "save it as UTF-8",
        ) from error
    if "\0" in text:
        raise refused(Refusal.BINARY, file, "is no text", "give Markdown, HTML or PDF")
    return text


def refused(refusal: Refusal, file: str, message: str, hint: str) -> SourceRefusedError:
    """Say why a file cannot be read."""
    return SourceRefusedError(refusal, file, message, hint)
