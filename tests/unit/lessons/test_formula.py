"""A formula is read into what it means, or refused with the place where it goes wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.formula import (
    FormulaError,
    Fraction,
    Root,
    Row,
    Scripted,
    Spacing,
    Symbol,
    parse_formula,
    split_at_relation,
)

A = Symbol("a", is_variable=True)
EQUALS = Symbol("=", spacing=Spacing.RELATION)
MINUS = "\N{MINUS SIGN}"


def test_variables_are_set_apart_from_numbers_and_units() -> None:
    assert parse_formula(r"2.5a \text{m/s²}").items == (Symbol("2.5"), A, Symbol("m/s²"))


def test_fractions_roots_powers_and_indices_nest() -> None:
    root = Root(Row((Scripted(A, Row((Symbol("2"),)), Row()),)))
    assert parse_formula(r"\frac{1}{\sqrt{a^2}}").items == (
        Fraction(Row((Symbol("1"),)), Row((root,))),
    )
    both = Scripted(A, Row((Symbol("1"), Symbol("0"))), Row((A,)))
    assert parse_formula("a_a^{10}").items[0] != both
    assert parse_formula("a_a^{10}").items == (Scripted(A, Row((Symbol("10"),)), Row((A,))),)


@pytest.mark.parametrize("source", ["-a", "= -a", "(-a", r"2 \times -a", "a^-"])
def test_a_minus_that_is_a_sign_keeps_no_space(source: str) -> None:
    def minuses(row: Row) -> list[Symbol]:
        inner = [one.power for one in row.items if isinstance(one, Scripted)]
        found = [one for one in row.items if isinstance(one, Symbol) and one.text == MINUS]
        return found + [one for power in inner for one in minuses(power)]

    assert [one.spacing for one in minuses(parse_formula(source))] == [Spacing.NONE]


def test_a_minus_between_two_terms_is_real_and_keeps_its_space() -> None:
    assert parse_formula("a - 2").items[1] == Symbol(MINUS, spacing=Spacing.BINARY)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("", "nothing in it"),
        ("  ", "nothing in it"),
        (r"\frac{1}", "frac wants braces"),
        (r"\frac{1}{}", "nothing in its braces"),
        (r"\sqrt{a", "a brace is not closed"),
        ("a}", "closed that was not opened"),
        ("a^", "breaks off"),
        ("a^2^3", "follow each other"),
        ("^2", r"'\^' is not understood here"),
        (r"\unknown a", r"unknown' is not understood here"),
        ("a & b", "'& b' is not understood"),
        (r"\text{a", "not understood"),
        ("5€", "'€' is not understood"),
    ],
)
def test_what_does_not_parse_is_a_typed_error_that_quotes_it(source: str, fault: str) -> None:
    with pytest.raises(FormulaError, match=fault) as caught:
        parse_formula(source)
    assert repr(source) in str(caught.value)


def test_a_row_splits_at_its_first_relation() -> None:
    row = parse_formula("a = 2 = 2")
    assert split_at_relation(row) == (Row((A,)), Row(row.items[1:]))
    assert split_at_relation(Row((A,))) == (Row((A,)), Row())


@given(st.text(r"a2+-=^_{}()\ frctsqx.,", max_size=24))
def test_any_text_is_read_or_refused(source: str) -> None:
    try:
        row = parse_formula(source)
    except FormulaError:
        return
    assert row.items
    assert hash(row) == hash(parse_formula(source))
