r"""Formulas as typed values: what a school lesson writes, and nothing that it does not.

The notation is a small part of TeX's: ``a = \frac{F}{m}``, ``c = \sqrt{a^2 + b^2}``,
``v_0 = 5\,\text{m/s}``. Whatever else is written is refused, never drawn as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from string import ascii_letters

from worker.lessons.token_reader import TokenReader


class FormulaError(ValueError):
    """A formula does not parse; the message quotes it and says where it goes wrong."""


class Spacing(Enum):
    """What a symbol keeps around it."""

    NONE = auto()
    BINARY = auto()
    RELATION = auto()


@dataclass(frozen=True, slots=True)
class Symbol:
    """Signs that are drawn as they stand; variables are set in italics."""

    text: str
    is_variable: bool = False
    spacing: Spacing = Spacing.NONE


@dataclass(frozen=True, slots=True)
class Fraction:
    """One row over another."""

    top: Row
    bottom: Row


@dataclass(frozen=True, slots=True)
class Root:
    """A square root."""

    body: Row


@dataclass(frozen=True, slots=True)
class Scripted:
    """A symbol, fraction or root with a power, an index or both; an absent one is an empty row."""

    base: Symbol | Fraction | Root
    power: Row
    index: Row


Item = Symbol | Fraction | Root | Scripted


@dataclass(frozen=True, slots=True)
class Row:
    """Items side by side on one baseline."""

    items: tuple[Item, ...] = ()


_TOKEN = re.compile(
    r"\s*(?:(?P<text>\\text\{(?P<words>[^{}\\]+)\})|(?P<command>\\(?:[A-Za-z]+|,))"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[A-Za-z+\-=<>(){}|,/^_]))"
)
_RELATIONS = {
    "=": "=",
    "<": "<",
    ">": ">",
    r"\approx": "\N{ALMOST EQUAL TO}",
    r"\ne": "\N{NOT EQUAL TO}",
    r"\le": "\N{LESS-THAN OR EQUAL TO}",
    r"\ge": "\N{GREATER-THAN OR EQUAL TO}",
}
_BINARY = {
    "+": "+",
    "-": "\N{MINUS SIGN}",
    r"\times": "\N{MULTIPLICATION SIGN}",
    r"\div": "\N{DIVISION SIGN}",
    r"\pm": "\N{PLUS-MINUS SIGN}",
}
_PLAIN = {r"\pi": "π", r"\theta": "θ", r"\Delta": "Δ", r"\,": "\N{NO-BREAK SPACE}"}

_SYMBOLS = (
    {token: Symbol(text, spacing=Spacing.RELATION) for token, text in _RELATIONS.items()}
    | {token: Symbol(text, spacing=Spacing.BINARY) for token, text in _BINARY.items()}
    | {token: Symbol(text) for token, text in _PLAIN.items()}
    | {token: Symbol(token) for token in "()|,/"}
    | {letter: Symbol(letter, is_variable=True) for letter in ascii_letters}
)


def parse_formula(source: str) -> Row:
    """Read a formula.

    Raises:
        FormulaError: It does not parse, or there is nothing in it.
    """
    reader = _Reader(source, _TOKEN, FormulaError, "formula")
    row = reader.row()
    if reader.next:
        raise reader.fault("a brace is closed that was not opened")
    if not row.items:
        raise FormulaError(f"formula {source!r}: there is nothing in it")
    return row


class _Reader(TokenReader[FormulaError]):
    """Reads tokens one after the other."""

    def row(self) -> Row:
        items: list[Item] = []
        while self.next and self.next != "}":
            is_sign = not items or _keeps_space(items[-1])
            items.append(self._scripted(self._item(is_sign=is_sign)))
        return Row(tuple(items))

    def _group(self, of: str) -> Row:
        if self.take() != "{":
            raise self.fault(f"{of} wants braces")
        row = self.row()
        if self.take() != "}":
            raise self.fault("a brace is not closed")
        if not row.items:
            raise self.fault(f"{of} has nothing in its braces")
        return row

    def _scripted(self, base: Symbol | Fraction | Root) -> Item:
        scripts: dict[str, Row] = {}
        while self.next in {"^", "_"}:
            kind = self.take()
            if kind in scripts:
                raise self.fault(f"two {kind} follow each other")
            scripts[kind] = self._script(kind)
        if not scripts:
            return base
        return Scripted(base, scripts.get("^", Row()), scripts.get("_", Row()))

    def _script(self, kind: str) -> Row:
        if self.next == "{":
            return self._group(kind)
        return Row((self._item(is_sign=True),))

    def _item(self, *, is_sign: bool) -> Symbol | Fraction | Root:
        """One item; a minus that starts a row or follows an operator is a sign without space."""
        found = self.take()
        if found == r"\frac":
            return Fraction(self._group(found), self._group(found))
        if found == r"\sqrt":
            return Root(self._group(found))
        if found.startswith(r"\text{"):
            return Symbol(found[len(r"\text{") : -1])
        if found[:1].isdigit():
            return Symbol(found)
        symbol = _SYMBOLS.get(found)
        if symbol is None:
            raise self.fault(f"{found!r} is not understood here" if found else "it breaks off")
        if is_sign and symbol.spacing is Spacing.BINARY:
            return replace(symbol, spacing=Spacing.NONE)
        return symbol


def _keeps_space(item: Item) -> bool:
    """Whether a sign after it belongs to what follows."""
    return isinstance(item, Symbol) and (item.spacing is not Spacing.NONE or item.text == "(")


def split_at_relation(row: Row) -> tuple[Row, Row]:
    """What stands before the first relation, and the rest; all of it before where there is none."""
    for place, item in enumerate(row.items):
        if isinstance(item, Symbol) and item.spacing is Spacing.RELATION:
            return Row(row.items[:place]), Row(row.items[place:])
    return row, Row()
