"""Tells how the words of an expression are grouped: by parentheses, and by rank without them.

`(a OR b) AND c` and `a OR (b AND c)` have the same words in the same order. PostgreSQL writes
parentheses around every part, people only where they need them; the shape is the same for both.
The ranks are those of PostgreSQL's documentation, chapter 4.1.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

OPENING, CLOSING = frozenset("(["), frozenset(")]")
SEPARATORS = frozenset({",", "case", "when", "then", "else", "end"})
SUMS, PRODUCTS = frozenset("+-"), frozenset("*/%")
GROUPED = frozenset({"and", "or", "not"}) | SUMS | PRODUCTS
# What stands between two operands that are grouped each for itself.
BREAKS = frozenset(
    {"<", ">", "<=", ">=", "=", "<>", "!=", "||", "~~", "!~~", "~~*", "!~~*", "~", "~*", "&&"}
    | {"in", "is", "like", "ilike", "between", "any", "all", "some"}
)

Shape = tuple[object, ...]
LEAF: Shape = ()


def shape(tokens: Sequence[str]) -> Shape:
    """Return the grouping of lower-case tokens, brackets among them; LEAF where there is none."""
    bare = _without_brackets(tokens)
    for separators in (SEPARATORS, frozenset({"or"}), frozenset({"and"})):
        parts = list(_split(bare, separators))
        if len(parts) > 1:
            return _joined(separators, [shape(part) for part in parts])
    if bare and bare[0] == "not":
        return ("not", shape(bare[1:]))
    operands = [_arithmetic(part) for part in _split(bare, BREAKS)]
    return operands[0] if len(operands) == 1 else _some("operands", operands)


def _joined(separators: frozenset[str], shapes: Sequence[Shape]) -> Shape:
    """Join parts; a chain of AND in an AND is one chain, and so is one of OR."""
    if separators is SEPARATORS:
        return _some("list", shapes)
    (word,) = separators
    parts: list[object] = []
    for one in shapes:
        parts += one[1:] if one and one[0] == word else [one]
    return (word, *parts)


def _some(name: str, shapes: Sequence[Shape]) -> Shape:
    """Return a group of shapes without the leaves, whose words are compared elsewhere."""
    told = [one for one in shapes if one != LEAF]
    return (name, *told) if len(told) > 1 else (told[0] if told else LEAF)


def _arithmetic(tokens: Sequence[str]) -> Shape:
    """Return the grouping of sums and products, which are read from the left."""
    bare = _without_brackets(tokens)
    if bare is not tokens and len(bare) != len(tokens):
        return shape(bare)
    for operators in (SUMS, PRODUCTS):
        place = _last_operator(bare, operators)
        if place:
            left, right = _arithmetic(bare[:place]), _arithmetic(bare[place + 1 :])
            return (bare[place], left, right)
    return _some("leaf", [shape(group) for group in _groups(bare)])


def _last_operator(tokens: Sequence[str], operators: frozenset[str]) -> int:
    """Return the place of the last operator between two operands, 0 where there is none."""
    found, depth, before = 0, 0, ""
    for place, token in enumerate(tokens):
        depth += (token in OPENING) - (token in CLOSING)
        is_sign = not before or before in SUMS | PRODUCTS
        if depth == 0 and token in operators and not is_sign:
            found = place
        before = token
    return found


def _split(tokens: Sequence[str], separators: frozenset[str]) -> Iterator[list[str]]:
    """Split at separators that stand in no bracket; empty parts are left out."""
    part: list[str] = []
    depth = 0
    for token in tokens:
        depth += (token in OPENING) - (token in CLOSING)
        if depth == 0 and token in separators:
            if part:
                yield part
            part = []
        else:
            part.append(token)
    if part or not tokens:
        yield part


def _groups(tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield what stands in each outermost bracket."""
    depth, start = 0, 0
    for place, token in enumerate(tokens):
        if token in OPENING:
            start = place + 1 if depth == 0 else start
            depth += 1
        elif token in CLOSING:
            depth -= 1
            if depth == 0:
                yield tokens[start:place]


def _without_brackets(tokens: Sequence[str]) -> Sequence[str]:
    """Leave out brackets that stand around everything."""
    while len(tokens) > 1 and tokens[0] in OPENING and tokens[-1] in CLOSING:
        depths = [0]
        for token in tokens:
            depths.append(depths[-1] + (token in OPENING) - (token in CLOSING))
        if any(after == 0 for _, after in pairwise(depths[:-1])):
            break
        tokens = tokens[1:-1]
    return tokens
