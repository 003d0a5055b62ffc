"""A formula on screen is read as mathematics; words and chemistry are not."""

from __future__ import annotations

import pytest

from worker.lessons.formula import Scripted, Symbol
from worker.lessons.plain_formula import read_plain_formula


@pytest.mark.parametrize(
    "text",
    [
        "F = m \N{MULTIPLICATION SIGN} a",
        "F = ma",
        "a² + b² = c²",
        "F₁ = \N{MINUS SIGN}F₂",
        "y = ax² + bx + c",
        "5x \N{MINUS SIGN} 7 = 2x + 8",
        "40 \N{MINUS SIGN} 30 = 10 N",
        "√(13² \N{MINUS SIGN} 5²) = 12 m",
        "a/b + c/b = (a + c)/b",
        "a = 3 m/s²",
        "A = l \N{MULTIPLICATION SIGN} w, P = 2(l + w)",
    ],
)
def test_formulas_of_lessons_are_read(text: str) -> None:
    assert read_plain_formula(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "cell = team of parts",
        "protons → element",
        "4 m/s² and 2 m/s²",
        "2 H₂ + O₂ = 2 H₂O",
        "CO₂ = gas",
        "P(red) = 3/8",
        "3/4 = 3 of 4",
        "F (A on B) = \N{MINUS SIGN}F (B on A)",
        "2 \N{MINUS SIGN} 5 = \N{MINUS SIGN}3 \N{MINUS SIGN}3 + 4 = 1",
        "x + 1",
        "",
        r"\frac{1}{2} = x",
    ],
)
def test_words_chemistry_and_sums_without_a_relation_are_not(text: str) -> None:
    assert read_plain_formula(text) is None


def test_variables_are_italic_and_units_are_not() -> None:
    row = read_plain_formula("a = 10 N")
    assert row is not None
    symbols = [item for item in row.items if isinstance(item, Symbol)]
    assert [one.text for one in symbols if one.is_variable] == ["a"]
    assert symbols[-1] == Symbol("N")


def test_raised_digits_are_powers() -> None:
    row = read_plain_formula("y = x²")
    assert row is not None
    assert isinstance(row.items[-1], Scripted)
