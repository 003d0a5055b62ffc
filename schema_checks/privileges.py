"""Reports what the current role may not do with the tables and sequences of the models."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schema_checks.comparison import Comparison, Pair
from schema_checks.findings import Finding
from schema_checks.rules import found

ALL = "rawd"
LETTERS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
NEXT_VALUE = re.compile(r"nextval\('(?P<name>(?:[^']|'')+)'::regclass\)")


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report missing privileges on schemas, tables and the sequences behind serial columns."""
    session = comparison.catalog.session
    for schema in sorted({place[0] for place in comparison.where.values()}):
        if session.schemas.get(schema) is False:
            message = f"the role {session.role} may not use the schema {schema}"
            yield found("SC620", schema, message)
    for pair in comparison.pairs:
        yield from _table(pair, comparison)
        yield from _sequences(pair, comparison)


def _table(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    granted = pair.actual.relation.granted or ""
    if granted == ALL:
        return
    readonly = not pair.is_table
    wanted = "r" if readonly else ALL
    missing = [LETTERS[letter] for letter in wanted if letter not in granted]
    if missing:
        role = comparison.catalog.session.role
        message = f"the role {role} may not {', '.join(missing)} on {pair.name}"
        yield found("SC621", pair.name, message, comparison.at_table(pair))


def _sequences(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    session = comparison.catalog.session
    for column in pair.actual.columns.values():
        if column.default is None or not column.default.startswith("nextval("):
            continue
        match = NEXT_VALUE.search(column.default)
        if match is None:
            continue
        parts = [part.strip('"') for part in re.findall(r'"[^"]+"|[^."]+', match["name"])]
        schema = parts[0] if len(parts) > 1 else None
        relation = session.relations.get(comparison.catalog.resolve(schema, parts[-1]))
        if relation is not None and relation.usage is False:
            subject = pair.subject(column.name)
            message = (
                f"the role {session.role} may not use {match['name']}, which numbers {subject}"
            )
            yield found("SC622", subject, message, comparison.at_table(pair))
