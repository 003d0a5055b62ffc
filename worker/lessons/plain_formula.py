"""Formulas as lessons write them on screen (``F = ma``, ``a² + b² = c²``), read as formulas."""

from __future__ import annotations

import re
from itertools import pairwise

from worker.lessons.formula import FormulaError, Row, Spacing, Symbol, parse_formula

LONGEST_VARIABLES = 2
"""Letters in a row that may be variables side by side (``ma``); more of them are a word. (ours)"""

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_POWER = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_INDEX = re.compile("[₀-₉]+")
_SIGNS = {
    "\N{MULTIPLICATION SIGN}": r"\times ",
    "\N{DIVISION SIGN}": r"\div ",
    "\N{MINUS SIGN}": "-",
    "\N{PLUS-MINUS SIGN}": r"\pm ",
    "≈": r"\approx ",
    "≠": r"\ne ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "Δ": r"\Delta ",
    "π": r"\pi ",
    "θ": r"\theta ",
}
_WORD = re.compile(rf"[A-Za-zÀ-ÿ]{{{LONGEST_VARIABLES + 1},}}")
_UNIT = re.compile(r"(?<=\d)[ \N{NO-BREAK SPACE}]([^\W\d_]+(?:/[^\W\d_]+)?[²³]?)(?=$|[ ,;)])")
_CHEMISTRY = re.compile(r"[A-Z][a-z]?[₀-₉]*(?:[A-Z][a-z]?[₀-₉]*)+")
_OPERATORS = frozenset("=<>+-±\N{MULTIPLICATION SIGN}÷≈≠≤≥\N{MINUS SIGN}")
_ROOT = re.compile(r"√(?:\(([^()]*)\)|(\w))")


def read_plain_formula(text: str) -> Row | None:
    """Read a text as a formula; None where it is none, and its letters would be words.

    A relation makes a formula; words, arrows and the formulas of chemistry make none, and
    neither do operands without an operator between them (``3 of 4``, ``A on B``). What follows
    a number and a space is a unit, and stays upright. A comma parts two formulas.
    """
    if _WORD.search(text) or _CHEMISTRY.search(text) or "\\" in text:
        return None
    source = _ROOT.sub(lambda found: rf"\sqrt{{{found[1] or found[2]}}}", text)
    source = _UNIT.sub(lambda found: rf"\,\text{{{found[1]}}}", source)
    if _has_words_side_by_side(source):
        return None
    source = source.replace(", ", r",\,\,")
    # Powers that belong to a unit stay within its text.
    pieces = re.split(r"(\\text\{[^}]*\})", source)
    source = "".join(one if one.startswith(r"\text") else _translated(one) for one in pieces)
    try:
        row = parse_formula(source)
    except FormulaError:
        return None
    related = any(
        isinstance(item, Symbol) and item.spacing is Spacing.RELATION for item in row.items
    )
    return row if related else None


def _has_words_side_by_side(source: str) -> bool:
    return any(
        one not in _OPERATORS and other not in _OPERATORS and not one.endswith(",")
        for one, other in pairwise(source.split(" "))
    )


def _translated(text: str) -> str:
    text = _POWER.sub(lambda found: f"^{{{found[0].translate(_RAISED)}}}", text)
    text = _INDEX.sub(lambda found: f"_{{{found[0].translate(_LOWERED)}}}", text)
    return "".join(_SIGNS.get(char, char) for char in text)
