"""Checks the columns of foreign keys that resolve: the target's type, and an index."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Table, UniqueConstraint
from sqlalchemy.types import NullType

from schema_checks.column_types import differ
from schema_checks.discovery import Models
from schema_checks.findings import Finding, Level
from schema_checks.key_targets import ResolvedConstraint, ResolvedKey
from schema_checks.rules import Detail, found

# Differences that PostgreSQL joins over: it accepts the key, and values may still not fit.
JOINABLE = frozenset({"SC502", "SC503", "SC507", "SC508", "SC509"})


def check(models: Models) -> Iterator[Finding]:
    """Report keys whose type differs from their target's, and keys without an index."""
    for table in models.tables:
        for constraint in models.keys_of(table):
            for key in constraint.keys:
                if key.column is not None:
                    yield from _type(key, key.column, models)
            if not _is_indexed(table, constraint) and not table.info.get("is_view"):
                yield _unindexed(table, constraint, models)


def _type(key: ResolvedKey, target: Column[object], models: Models) -> Iterator[Finding]:
    parent = key.parent
    if isinstance(parent.type, NullType) or isinstance(target.type, NullType):
        return
    own, other = models.types.facts(parent.type), models.types.facts(target.type)
    if own.spelled is None or other.spelled is None or own.spelled == other.spelled:
        return
    difference = differ(own.spelled, other.spelled)
    if difference is None:
        return
    message = f"{key.subject} is {own.text} and refers to {key.target}, which is {other.text}"
    detail = Detail()
    if difference.code in JOINABLE:
        why = "PostgreSQL accepts the key; a value of one side can be too big for the other."
        detail = Detail(consequence=why, level=Level.WARNING)
    yield found("SC203", key.subject, message, models.at_column(parent), detail)


def _is_indexed(table: Table, constraint: ResolvedConstraint) -> bool:
    first = constraint.keys[0].parent
    if len(constraint.keys) == 1:
        for index in table.indexes:
            if index.expressions and index.expressions[0] is first:
                return True  # the usual case, told cheaply
    columns = {key.parent.name for key in constraint.keys}
    return any(set(begin[: len(columns)]) == columns for begin in _indexed(table))


def _unindexed(table: Table, constraint: ResolvedConstraint, models: Models) -> Finding:
    columns = sorted({key.parent.name for key in constraint.keys})
    subject = f"{table.fullname}.{', '.join(columns)}"
    message = f"{subject} is a foreign key, and no index begins with it"
    return found("SC204", subject, message, models.at_column(constraint.keys[0].parent))


def _indexed(table: Table) -> Iterator[list[str]]:
    yield [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        yield [column.name for column in index.columns]
