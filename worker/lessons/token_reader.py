"""Reads a short notation token by token; what it cannot read it refuses by name."""

from __future__ import annotations

import re
from typing import Generic, TypeVar

Fault = TypeVar("Fault", bound=ValueError)

_SHOWN = 8
"""Characters of what is not understood that a fault quotes."""


class TokenReader(Generic[Fault]):
    """The tokens of one source, first to last.

    Args:
        source: What was written.
        token: Matches white space and one token.
        error: Raised where the source goes wrong, with a message.
        name: What the source is, for that message.

    Raises:
        Fault: Something in the source is no token.
    """

    def __init__(self, source: str, token: re.Pattern[str], error: type[Fault], name: str) -> None:
        self._source = source
        self._error = error
        self._name = name
        self._tokens: list[str] = []
        self._place = 0
        text, place = source.rstrip(), 0
        while place < len(text):
            match = token.match(text, place)
            if match is None:
                raise self.fault(f"{text[place:].strip()[:_SHOWN]!r} is not understood")
            self._tokens.append(match[0].strip())
            place = match.end()

    @property
    def next(self) -> str:
        """The next token, empty at the end."""
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def take(self) -> str:
        """Return the next token and step over it."""
        token = self.next
        self._place += 1
        return token

    def fault(self, what: str) -> Fault:
        """The error that says what is wrong, quoting the source."""
        return self._error(f"{self._name} {self._source!r}: {what}")
