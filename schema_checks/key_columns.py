"""Checks the columns of foreign keys that resolve: the target's type, and an index."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.types import NullType

from schema_checks.column_types import differ
from schema_checks.discovery import Models
from schema_checks.findings import Finding, Level
from schema_checks.foreign_keys import keys_of, target_column, target_of
from schema_checks.rules import Detail, found

# Differences that PostgreSQL joins over: it accepts the key, and values may still not fit.
JOINABLE = frozenset({"SC502", "SC503", "SC507", "SC508", "SC509"})


def check(models: Models) -> Iterator[Finding]:
    """Report keys whose type differs from their target's, and keys without an index."""
    for table in models.tables:
        for key in keys_of(table):
            yield from _type(key, models)
        if not table.info.get("is_view"):
            for constraint in _constraints(table):
                yield from _index(table, constraint, models)


def _constraints(table: Table) -> list[ForeignKeyConstraint]:
    constraints = table.foreign_key_constraints
    return sorted(constraints, key=lambda one: [key.parent.name for key in one.elements])


def _type(key: ForeignKey, models: Models) -> Iterator[Finding]:
    target = target_column(key)
    parent: Column[object] = key.parent
    if target is None or isinstance(parent.type, NullType) or isinstance(target.type, NullType):
        return
    own, other = models.types.facts(parent.type), models.types.facts(target.type)
    if own.spelled is None or other.spelled is None or own.spelled == other.spelled:
        return
    difference = differ(own.spelled, other.spelled)
    if difference is None:
        return
    subject = f"{parent.table.fullname}.{parent.name}"
    message = f"{subject} is {own.text} and refers to {target_of(key)}, which is {other.text}"
    detail = Detail()
    if difference.code in JOINABLE:
        why = "PostgreSQL accepts the key; a value of one side can be too big for the other."
        detail = Detail(consequence=why, level=Level.WARNING)
    yield found("SC203", subject, message, models.at_column(parent), detail)


def _index(table: Table, constraint: ForeignKeyConstraint, models: Models) -> Iterator[Finding]:
    first = next(iter(constraint.elements)).parent
    if len(constraint.elements) == 1 and any(
        index.expressions and index.expressions[0] is first for index in table.indexes
    ):
        return  # the usual case, told cheaply
    columns = {key.parent.name for key in constraint.elements}
    if any(set(begin[: len(columns)]) == columns for begin in _indexed(table)):
        return
    subject = f"{table.fullname}.{', '.join(sorted(columns))}"
    message = f"{subject} is a foreign key, and no index begins with it"
    yield found("SC204", subject, message, models.at_column(first))


def _indexed(table: Table) -> Iterator[list[str]]:
    yield [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        yield [column.name for column in index.columns]
