"""Compares CHECK and EXCLUDE constraints by their condition, not by their name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from schema_checks import expressions
from schema_checks.catalog import CatalogConstraint
from schema_checks.comparison import Comparison, Pair, database_name
from schema_checks.expressions import Expression
from schema_checks.findings import Finding
from schema_checks.rules import found

CONDITION = re.compile(
    r"^CHECK \((?P<condition>.*)\)(?: NO INHERIT| NOT VALID| NOT ENFORCED)*$", re.DOTALL
)


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report CHECKs that one side lacks or has otherwise, and those that are not valid."""
    for pair in comparison.pairs:
        if pair.is_table:
            yield from _checks(pair, comparison)
            yield from _exclusions(pair, comparison)


def condition(actual: CatalogConstraint) -> str:
    """Return the condition of a CHECK, as PostgreSQL spells it."""
    return condition_of(actual.definition or "")


def condition_of(definition: str) -> str:
    """Return what stands between CHECK's own parentheses."""
    match = CONDITION.match(definition)
    return match["condition"] if match else definition


def _checks(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    spare = list(pair.actual.of_kind("c"))
    left: list[tuple[CheckConstraint, Expression]] = []
    for constraint, wanted in expressions.checks(pair.model):
        same = _first(spare, wanted, comparison, verdict=True)
        if same is None:
            left.append((constraint, wanted))
            continue
        spare.remove(same)
        if not same.validated:
            message = f"the CHECK {same.name} of {pair.name} is NOT VALID"
            yield found("SC442", f"{pair.name}.{same.name}", message, comparison.at_table(pair))
    if left or spare:
        yield from _unmatched(pair, left, spare, comparison)


def _unmatched(
    pair: Pair,
    left: list[tuple[CheckConstraint, Expression]],
    spare: list[CatalogConstraint],
    comparison: Comparison,
) -> Iterator[Finding]:
    at = comparison.at_table(pair)
    for constraint, wanted in left:
        name = _name(constraint)
        namesake = next((key for key in spare if key.name == name), None)
        maybe = _first(spare, wanted, comparison, verdict=None)
        other = namesake or maybe
        if other is None:
            message = f"the database's table {pair.name} has no CHECK ({wanted.text})"
            yield found("SC440", f"{pair.name}.{name or wanted.text}", message, at)
            continue
        spare.remove(other)
        if comparison.judge.differs(wanted, condition(other)):
            message = (
                f"the CHECK {other.name} of {pair.name} is ({wanted.text}) in the model and "
                f"({condition(other)}) in the database"
            )
            yield found("SC441", f"{pair.name}.{other.name}", message, at)
    for key in spare:
        message = (
            f"the database's CHECK {key.name} of {pair.name} ({condition(key)}) is not in the model"
        )
        yield found("SC443", f"{pair.name}.{key.name}", message, at)


def _first(
    spare: list[CatalogConstraint],
    wanted: Expression,
    comparison: Comparison,
    *,
    verdict: bool | None,
) -> CatalogConstraint | None:
    same = comparison.judge.same
    return next((key for key in spare if same(wanted, condition(key)) is verdict), None)


def _name(constraint: CheckConstraint) -> str | None:
    return database_name(constraint.name) if isinstance(constraint.name, str) else None


def _exclusions(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    wanted = [one for one in pair.model.constraints if isinstance(one, ExcludeConstraint)]
    actual = pair.actual.of_kind("x")
    if len(wanted) != len(actual):
        message = (
            f"{pair.name} has {len(wanted)} EXCLUDE constraint(s) in the model and {len(actual)} "
            "in the database"
        )
        yield found("SC450", pair.name, message, comparison.at_table(pair))
