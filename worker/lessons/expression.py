"""Functions of x as typed values: parsed and computed by us, never run as code.

The notation is that of a calculator: ``x^2 - 4``, ``-(x - 3)^2 + 1``, ``2x + 1``,
``3 sin(x) / x``. A product's sign may be left out before a letter, a function or a bracket.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from worker.lessons.token_reader import TokenReader

DEEPEST = 40
"""Brackets, signs and powers within each other; more would use up Python's stack. (ours)"""

LONGEST = 200
"""Characters; no school formula is longer. (ours)"""


class ExpressionError(ValueError):
    """An expression does not parse; the message quotes it and says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Variable:
    """The function's argument."""


@dataclass(frozen=True, slots=True)
class Negation:
    """Minus something."""

    body: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """One of the known functions."""

    name: str
    body: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """Two expressions and what joins them."""

    sign: Literal["+", "-", "*", "/", "^"]
    left: Expression
    right: Expression


Expression = Number | Variable | Negation | Call | Operation

_CALLS: dict[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "abs": abs,
}
_CONSTANTS = {"pi": math.pi, "e": math.e}
_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "^": math.pow,
}
_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|sin|cos|tan|sqrt|exp|ln|abs|pi|[ex+\-*/^()])")


def parse_expression(source: str) -> Expression:
    """Read a function of x.

    Raises:
        ExpressionError: It does not parse, or is too long or too deep to be a school formula.
    """
    if len(source) > LONGEST:
        raise ExpressionError(f"an expression of {len(source)} characters is too long")
    reader = _Reader(source, _TOKEN, ExpressionError, "expression")
    expression = reader.sum(0)
    if reader.next:
        raise reader.fault(f"{reader.next!r} is not understood here")
    return expression


def evaluate(expression: Expression, x: float) -> float | None:
    """Its value at x; None where it has none, such as 1/x at zero."""
    try:
        value = _value(expression, x)
    except (ArithmeticError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _value(expression: Expression, x: float) -> float:
    match expression:
        case Number(value):
            return value
        case Variable():
            return x
        case Negation(body):
            return -_value(body, x)
        case Call(name, body):
            return _CALLS[name](_value(body, x))
        case Operation(sign, left, right):
            return _OPERATIONS[sign](_value(left, x), _value(right, x))


class _Reader(TokenReader[ExpressionError]):
    """Reads tokens by falling precedence: sums, products, signs, powers, atoms."""

    def sum(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise self.fault("it is nested too deeply")
        found = self._product(depth)
        while self.next in {"+", "-"}:
            sign: Literal["+", "-"] = "+" if self.take() == "+" else "-"
            found = Operation(sign, found, self._product(depth))
        return found

    def _product(self, depth: int) -> Expression:
        found = self._signed(depth)
        while self.next and self.next not in {"+", "-", ")", "^"}:
            if self.next == "/":
                self.take()
                found = Operation("/", found, self._signed(depth))
            elif self.next == "*":
                self.take()
                found = Operation("*", found, self._signed(depth))
            elif self.next[0].isdigit():
                raise self.fault(f"{self.next!r} follows without a sign")
            else:
                found = Operation("*", found, self._power(depth))
        return found

    def _signed(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise self.fault("it is nested too deeply")
        if self.next == "-":
            self.take()
            return Negation(self._signed(depth + 1))
        return self._power(depth)

    def _power(self, depth: int) -> Expression:
        base = self._atom(depth)
        if self.next != "^":
            return base
        self.take()
        return Operation("^", base, self._signed(depth + 1))

    def _atom(self, depth: int) -> Expression:
        found = self.take()
        if found == "x":
            return Variable()
        if found in _CONSTANTS:
            return Number(_CONSTANTS[found])
        if found[:1].isdigit():
            return Number(float(found))
        if found in _CALLS and self.next == "(":
            self.take()
            return Call(found, self._closed(depth))
        if found == "(":
            return self._closed(depth)
        raise self.fault(f"{found!r} is not understood here" if found else "it breaks off")

    def _closed(self, depth: int) -> Expression:
        inner = self.sum(depth + 1)
        if self.take() != ")":
            raise self.fault("a bracket is not closed")
        return inner
