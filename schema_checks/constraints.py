"""Compares CHECK and EXCLUDE constraints by what they forbid, not by their name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Constraint

from schema_checks import expressions
from schema_checks.catalog import CatalogConstraint
from schema_checks.comparison import Comparison, Pair, database_name
from schema_checks.expressions import Expression, Judge
from schema_checks.findings import Finding
from schema_checks.rules import found

CONDITION = re.compile(
    r"^CHECK \((?P<condition>.*)\)(?: NO INHERIT| NOT VALID| NOT ENFORCED)*$", re.DOTALL
)


class Family(NamedTuple):
    """A kind of constraint that is one expression, and the codes of what can be wrong with it."""

    kind: str
    noun: str
    missing: str
    differs: str
    extra: str

    def shown(self, text: str) -> str:
        """Return one as SQL; the text of an EXCLUDE constraint is SQL already."""
        return f"CHECK ({text})" if self.kind == "c" else text


CHECKS = Family("c", "CHECK", "SC440", "SC441", "SC443")
EXCLUSIONS = Family("x", "EXCLUDE constraint", "SC450", "SC450", "SC450")


class Wanted(NamedTuple):
    """A constraint of the model."""

    name: str | None
    expression: Expression


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report what one side lacks or has otherwise, and what is not valid."""
    for pair in comparison.pairs:
        if pair.is_table:
            for family, constraints in (
                (CHECKS, expressions.checks(pair.model)),
                (EXCLUSIONS, expressions.exclusions(pair.model)),
            ):
                wanted = [Wanted(_name(one), expression) for one, expression in constraints]
                if wanted or pair.actual.of_kind(family.kind):
                    yield from _compare(pair, family, wanted, comparison)


def condition(actual: CatalogConstraint) -> str:
    """Return the condition of a CHECK, or a whole EXCLUDE constraint, as PostgreSQL spells it."""
    return condition_of(actual.definition or "")


def condition_of(definition: str) -> str:
    """Return what stands between CHECK's own parentheses; other definitions stay as they are."""
    match = CONDITION.match(definition)
    return match["condition"] if match else definition


def _compare(
    pair: Pair, family: Family, wanted: Iterable[Wanted], comparison: Comparison
) -> Iterator[Finding]:
    spare = list(pair.actual.of_kind(family.kind))
    left: list[Wanted] = []
    for model in wanted:
        same = _first(spare, model, comparison.judge, verdict=True)
        if same is None:
            left.append(model)
            continue
        spare.remove(same)
        if not same.validated:
            message = f"the {family.noun} {same.name} of {pair.name} is NOT VALID"
            yield found("SC442", f"{pair.name}.{same.name}", message, comparison.at_table(pair))
    for code, subject, message in _unmatched(pair, family, (left, spare), comparison.judge):
        yield found(code, f"{pair.name}.{subject}", message, comparison.at_table(pair))


def _unmatched(
    pair: Pair,
    family: Family,
    both: tuple[list[Wanted], list[CatalogConstraint]],
    judge: Judge,
) -> Iterator[tuple[str, str, str]]:
    """Yield code, subject and message of what has no equal on the other side."""
    left, spare = both
    for model in left:
        namesake = next((key for key in spare if key.name == model.name), None)
        other = namesake or _first(spare, model, judge, verdict=None)
        here = family.shown(model.expression.text)
        if other is None:
            message = f"the database's table {pair.name} has no {here}"
            yield family.missing, model.name or model.expression.text, message
            continue
        spare.remove(other)
        there = condition(other)
        if judge.differs(model.expression, there):
            message = (
                f"the {family.noun} {other.name} of {pair.name} is {here} in the model and "
                f"{family.shown(there)} in the database"
            )
            yield family.differs, other.name, message
    for key in spare:
        shown = family.shown(condition(key))
        message = f"the database's {family.noun} {key.name} of {pair.name} is not in the model: "
        yield family.extra, key.name, message + shown


def _first(
    spare: list[CatalogConstraint], model: Wanted, judge: Judge, *, verdict: bool | None
) -> CatalogConstraint | None:
    for key in spare:
        if judge.same(model.expression, condition(key)) is verdict:
            return key
    return None


def _name(constraint: Constraint) -> str | None:
    return database_name(constraint.name) if isinstance(constraint.name, str) else None
