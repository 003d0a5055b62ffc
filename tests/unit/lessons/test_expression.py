"""A function of x is parsed into a value and computed, or refused by its fault."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.expression import ExpressionError, evaluate, parse_expression


@pytest.mark.parametrize(
    ("source", "x", "expected"),
    [
        ("x^2 - 4", 3, 5),
        ("-x^2", 3, -9),
        ("(-x)^2", 3, 9),
        ("2x + 1", 4, 9),
        ("3(x + 1)", 1, 6),
        ("2 x^2 - 6x + 8", 3, 8),
        ("x/2", 5, 2.5),
        ("2^3^2", 0, 512),
        ("8 / 4 / 2", 0, 1),
        ("10 - 4 - 3", 0, 3),
        ("2 * -x", 3, -6),
        ("x^-1", 4, 0.25),
        ("sqrt(x) + abs(-x)", 9, 12),
        ("sin(pi x)", 0.5, 1),
        ("ln(e)", 0, 1),
        ("exp(0)", 0, 1),
    ],
)
def test_an_expression_has_the_value_that_school_gives_it(
    source: str, x: float, expected: float
) -> None:
    assert evaluate(parse_expression(source), x) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("source", "x"), [("1/x", 0), ("sqrt(x)", -1), ("ln(x)", 0), ("10^x", 400), ("x^0.5", -1)]
)
def test_where_a_function_has_no_value_there_is_none(source: str, x: float) -> None:
    assert evaluate(parse_expression(source), x) is None


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("", "breaks off"),
        ("x +", "breaks off"),
        ("(x", "not closed"),
        ("x)", "not understood"),
        ("x 2", "without a sign"),
        ("y + 1", "not understood"),
        ("__import__('os')", "not understood"),
        ("sin x", "not understood"),
        ("x ^^ 2", "not understood"),
        ("(" * 60 + "x" + ")" * 60, "too deeply"),
        ("-" * 100 + "x", "too deeply"),
        ("x" * 201, "too long"),
    ],
)
def test_what_does_not_parse_is_refused_with_its_fault(source: str, fault: str) -> None:
    with pytest.raises(ExpressionError, match=fault):
        parse_expression(source)


@given(st.text("x0123456789.+-*/^() sincoqrtaelp", max_size=40), st.floats(-10, 10))
def test_any_text_is_a_function_or_refused(source: str, x: float) -> None:
    try:
        value = evaluate(parse_expression(source), x)
    except ExpressionError:
        return
    assert value is None or math.isfinite(value)
