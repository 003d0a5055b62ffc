"""Spellings of types and expressions that mean the same are read as the same."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from schema_checks.column_types import differ, read_type
from schema_checks.spelling import same_meaning


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VARCHAR(10)", "character varying(10)"),
        ("VARCHAR", "text"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp with time zone"),
        ("TIMESTAMP(3) WITHOUT TIME ZONE", "timestamp(3) without time zone"),
        ("NUMERIC(10, 2)", "numeric(10,2)"),
        ("FLOAT(24)", "real"),
        ("FLOAT(25)", "double precision"),
        ("CHAR", "character(1)"),
        ("BIT VARYING(5)", "bit varying(5)"),
        ("INTEGER[]", "integer[]"),
        ("INTEGER[][]", "integer[]"),
        ("TIMESTAMP(0) WITH TIME ZONE[]", "timestamp(0) with time zone[]"),
        ('VARCHAR(5) COLLATE "de_DE"', "character varying(5)"),
        ('app."Status"', '"Status"'),
        ("public.status", "status"),
        ('"char"', '"char"'),
        ("VECTOR(3)", "vector(3)"),
    ],
)
def test_two_spellings_of_one_type_are_read_alike(one: str, other: str) -> None:
    assert read_type(one) == read_type(other)
    assert differ(read_type(one), read_type(other)) is None


@pytest.mark.parametrize(
    ("model", "actual", "code"),
    [
        ("UUID", "character varying(36)", "SC501"),
        ("VARCHAR(36)", "uuid", "SC501"),
        ("VARCHAR(36)", "character varying(20)", "SC502"),
        ("CHAR(5)", "character varying(5)", "SC509"),
        ("NUMERIC(8, 2)", "numeric(6,2)", "SC503"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp without time zone", "SC504"),
        ("JSONB", "json", "SC505"),
        ("INTEGER[]", "integer", "SC506"),
        ("BIGINT", "integer", "SC507"),
        ("DOUBLE PRECISION", "real", "SC507"),
        ("TIMESTAMP(3) WITH TIME ZONE", "timestamp with time zone", "SC508"),
        ("TIME WITH TIME ZONE", "timestamp with time zone", "SC501"),
    ],
)
def test_a_difference_has_its_own_code(model: str, actual: str, code: str) -> None:
    difference = differ(read_type(model), read_type(actual))
    assert difference is not None
    assert difference.code == code


@pytest.mark.parametrize(
    ("model", "actual"),
    [("VARCHAR(5)", "text"), ("INTEGER", "bigint"), ("NUMERIC(8, 2)", "numeric")],
)
def test_a_database_that_holds_more_than_the_model_allows_is_harmless(
    model: str, actual: str
) -> None:
    difference = differ(read_type(model), read_type(actual))
    assert difference is not None
    assert difference.harmless


@given(strategies.text(max_size=40))
def test_any_text_can_be_read_as_a_type_and_as_an_expression(text: str) -> None:
    assert read_type(text) == read_type(text)
    assert same_meaning(text, text) is True


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("a > 0", "((a > 0))", True),
        ("a > 0", "(a > (0)::numeric)", True),
        (
            "a IN ('x', 'y')",
            "((a)::text = ANY ((ARRAY['x'::varchar, 'y'::varchar])::text[]))",
            True,
        ),
        ("now()", "CURRENT_TIMESTAMP", True),
        ("a <> 1", "a != 1", True),
        ("x = -1", "(x = '-1'::integer)", True),
        ("x>-1", "(x > '-1'::integer)", True),
        ("t.a > 0", "(a > 0)", True),
        ("a > 0", "(a > 1)", False),
        ("a > 0", "(b > 0)", False),
        ("a > 0", "(a >= 0)", False),
        ("'x'", "'y'::character varying", False),
        ("a > 0 AND b > 0", "((b > 0) AND (a > 0))", None),
        ("a = 1 OR a = 2", "(a = ANY (ARRAY[1, 2]))", None),
        ("interval '1 day'", "'24:00:00'::interval", None),
        ("(a > 1 OR b > 2) AND c > 3", "(((a > 1) OR (b > 2)) AND (c > 3))", True),
        ("a > 1 OR b > 2 AND c > 3", "((a > 1) OR ((b > 2) AND (c > 3)))", True),
        ("(a > 1 OR b > 2) AND c > 3", "((a > 1) OR ((b > 2) AND (c > 3)))", None),
        ("a AND b AND c", "((a AND b) AND c)", True),
        ("NOT a AND b", "((NOT a) AND b)", True),
        ("NOT (a AND b)", "((NOT a) AND b)", None),
        ("a - b - c > 0", "(((a - b) - c) > 0)", True),
        ("a - (b - c) > 0", "(((a - b) - c) > 0)", None),
        ("a + b * c > 1", "((a + (b * c)) > 1)", True),
        ("(a + b) * c > 1", "((a + (b * c)) > 1)", None),
        ("a > -1 OR b < - c", "((a > '-1'::integer) OR (b < (- c)))", True),
        ("a BETWEEN 1 AND 5 OR b", "(((a >= 1) AND (a <= 5)) OR b)", True),
        (
            "a NOT IN (1, 2) AND b IS NOT NULL",
            "((a <> ALL (ARRAY[1, 2])) AND (b IS NOT NULL))",
            True,
        ),
        ("f(a, b AND c OR d)", "f(a, ((b AND c) OR d))", True),
        ("f(a, b AND (c OR d))", "f(a, ((b AND c) OR d))", None),
        (
            "CASE WHEN a AND b THEN 1 ELSE 2 END > 0",
            "(CASE WHEN (a AND b) THEN 1 ELSE 2 END > 0)",
            True,
        ),
        ("d > date '2020-01-01'", "(d > '2021-01-01'::date)", None),
    ],
)
def test_boot_mode_says_yes_no_or_that_it_does_not_know(
    one: str,
    other: str,
    verdict: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert same_meaning(one, other) is verdict
