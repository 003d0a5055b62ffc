"""Why a file is not taken in as a source."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """What is wrong with a file."""

    NOT_FOUND = "not_found"
    NOT_READABLE = "not_readable"
    UNKNOWN_KIND = "unknown_kind"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    BINARY = "binary"
    WRONG_ENCODING = "wrong_encoding"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    NO_TEXT = "no_text"
    NO_LICENCE = "no_licence"
    BAD_ATTRIBUTION = "bad_attribution"
    GIVEN_TWICE = "given_twice"


class SourceRefusedError(Exception):
    """A file cannot be a source as it is; others may be.

    Attributes:
        refusal: Why.
        file: Its path as it was given.
        message: What is wrong with it, as the end of a sentence that begins with its name.
        hint: What to do about it.
    """

    def __init__(self, refusal: Refusal, file: str, message: str, hint: str) -> None:
        super().__init__(refusal, file, message, hint)
        self.refusal = refusal
        self.file = file
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.file} {self.message}; {self.hint}"
