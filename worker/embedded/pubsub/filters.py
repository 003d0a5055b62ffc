"""Pub/Sub filter expressions over a message's attributes.

The language (cloud.google.com/pubsub/docs/subscription-message-filter#filtering_syntax)::

    expression := term (AND term)* | term (OR term)*     mixing needs parentheses
    term       := [NOT | -] comparison | [NOT | -] ( expression )
    comparison := attributes:KEY | attributes.KEY = VALUE | attributes.KEY != VALUE
                | hasPrefix(attributes.KEY, VALUE)

A KEY is a word of letters, digits, underscores and hyphens, or quoted; a VALUE is quoted. A message
without the attribute passes `!=` (the language's page does not say; ours).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from worker.embedded.pubsub.errors import InvalidArgumentError

Matches = Callable[[Mapping[str, str]], bool]

_MAX_BYTES = 256
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z0-9_][\w-]*)|(?P<sign>!=|[=().,:-]))"""
)
_END = ("", "")


def parse_filter(text: str) -> Matches:
    """Return what tells whether a message's attributes pass the filter.

    Raises:
        InvalidArgumentError: The filter is too long or not of the language; it says where.
    """
    if not text:
        return _match_all
    if len(text.encode()) > _MAX_BYTES:
        raise InvalidArgumentError(f"The filter is longer than {_MAX_BYTES} bytes.")
    return _Parser(text).parse()


def _match_all(_attributes: Mapping[str, str]) -> bool:
    return True


class _Parser:
    """Reads one expression by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)

    def parse(self) -> Matches:
        found = self._expression()
        if self._tokens[0] != _END:
            raise self._fault(f"nothing was expected at {self._tokens[0][1]!r}")
        return found

    def _split(self, text: str) -> list[tuple[str, str]]:
        tokens = []
        position = 0
        stripped = text.rstrip()
        while position < len(stripped):
            match = _TOKEN.match(stripped, position)
            if match is None or match.lastgroup is None:
                raise self._fault(f"cannot read {stripped[position : position + 20]!r}")
            tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        return [*tokens, _END]

    def _fault(self, reason: str) -> InvalidArgumentError:
        return InvalidArgumentError(f"Invalid filter {self._text!r}: {reason}.")

    def _take(self) -> tuple[str, str]:
        token = self._tokens[0]
        if token != _END:
            self._tokens.pop(0)
        return token

    def _expect(self, sign: str) -> None:
        _, found = self._take()
        if found != sign:
            raise self._fault(f"{sign!r} was expected, not {found!r}")

    def _expression(self) -> Matches:
        terms = [self._term()]
        joint = self._tokens[0]
        if joint not in {("word", "AND"), ("word", "OR")}:
            return terms[0]
        while self._tokens[0] == joint:
            self._take()
            terms.append(self._term())
        if self._tokens[0] in {("word", "AND"), ("word", "OR")}:
            raise self._fault("AND and OR side by side need parentheses")
        combine = all if joint[1] == "AND" else any
        return lambda attributes: combine(term(attributes) for term in terms)

    def _term(self) -> Matches:
        if self._tokens[0] in {("word", "NOT"), ("sign", "-")}:
            self._take()
            negated = self._term()
            return lambda attributes: not negated(attributes)
        if self._tokens[0] == ("sign", "("):
            self._take()
            inner = self._expression()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Matches:
        kind, word = self._take()
        if (kind, word) == ("word", "hasPrefix"):
            return self._prefix()
        if (kind, word) != ("word", "attributes"):
            raise self._fault(f"'attributes' or 'hasPrefix' was expected, not {word!r}")
        _, sign = self._take()
        if sign == ":":
            present = self._key()
            return lambda attributes: present in attributes
        if sign != ".":
            raise self._fault(f"'.' or ':' was expected after attributes, not {sign!r}")
        return self._equality(self._key())

    def _equality(self, key: str) -> Matches:
        _, operator = self._take()
        if operator not in {"=", "!="}:
            raise self._fault(f"'=' or '!=' was expected, not {operator!r}")
        value = self._value()
        if operator == "=":
            return lambda attributes: attributes.get(key) == value
        return lambda attributes: attributes.get(key) != value

    def _prefix(self) -> Matches:
        self._expect("(")
        self._expect("attributes")
        self._expect(".")
        key = self._key()
        self._expect(",")
        prefix = self._value()
        self._expect(")")
        return lambda attributes: key in attributes and attributes[key].startswith(prefix)

    def _key(self) -> str:
        kind, text = self._take()
        if kind == "string":
            return _unquote(text)
        if kind != "word":
            raise self._fault(f"an attribute's key was expected, not {text!r}")
        return text

    def _value(self) -> str:
        kind, text = self._take()
        if kind != "string":
            raise self._fault(f"a quoted value was expected, not {text!r}")
        return _unquote(text)


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
