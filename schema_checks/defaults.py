"""Compares what the database fills in: defaults, identities, sequences, generated columns."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Sequence

from schema_checks import expressions
from schema_checks.catalog import CatalogColumn
from schema_checks.comparison import Comparison, Pair, Shared, database_name
from schema_checks.expressions import Expression, Judge
from schema_checks.findings import Finding, Level
from schema_checks.rules import Detail, found

BOOLEANS = {"1": "true", "0": "false", "'t'": "true", "'f'": "false",
            "'true'": "true", "'false'": "false", "'1'": "true", "'0'": "false"}  # fmt: skip


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report columns that the database fills otherwise than the model believes."""
    for pair in comparison.pairs:
        for column in pair.columns.values():
            if column.default is not None and isinstance(column.default, Sequence):
                yield from _sequence(pair, column, column.default, comparison)
        if pair.actual.is_view:
            continue
        counter = pair.model.autoincrement_column
        for shared in pair.shared:
            column, _, actual = shared
            if column.computed is not None or actual.generated:
                yield from _generated(pair, shared, comparison)
            elif column.identity is not None or (column is counter and not _is_given(column)):
                yield from _numbered(pair, shared, comparison)
            elif column.server_default is not None or actual.default is not None:
                finding = _default(pair, shared, comparison)
                if finding is not None:
                    yield finding


def _is_given(column: Column[object]) -> bool:
    """Tell whether the model itself says what the value is when none is given."""
    return column.server_default is not None or column.default is not None


def _numbered(pair: Pair, shared: Shared, comparison: Comparison) -> Iterator[Finding]:
    column, _, actual = shared
    subject, at = pair.subject(column), comparison.at_column(column)
    if not actual.identity and actual.default is None:
        message = f"{subject} is numbered by the database in the model, and the database has "
        yield found("SC403", subject, message + "neither a default nor an identity for it", at)
    elif actual.identity == "a" and not (column.identity and column.identity.always):
        message = f"{subject} is GENERATED ALWAYS in the database and may be given in the model"
        yield found("SC404", subject, message, at)
    elif actual.identity != "a" and column.identity and column.identity.always:
        message = f"{subject} is GENERATED ALWAYS in the model and may be given in the database"
        yield found("SC404", subject, message, at, Detail(level=Level.INFO))


def _default(pair: Pair, shared: Shared, comparison: Comparison) -> Finding | None:
    column, _, actual = shared
    model = expressions.default(column)
    if model is None:
        if actual.default is None or column.server_default is not None or column.default:
            return None
        code, level = "SC342", None
        what = f"the default {actual.default} in the database only"
    elif actual.default is None:
        if actual.identity:
            return None
        code, level = "SC340", Level.ERROR if actual.not_null else None
        what = f"the default {model.text} in the model only"
    elif _default_differs(model, actual, comparison.judge):
        code, level = "SC341", None
        what = f"the default {model.text} in the model and {actual.default} in the database"
    else:
        return None
    subject, at = pair.subject(column), comparison.at_column(column)
    return found(code, subject, f"{subject} has {what}", at, Detail(level=level))


def _default_differs(model: Expression, actual: CatalogColumn, judge: Judge) -> bool:
    text = actual.default or ""
    if actual.type.text == "boolean":
        return BOOLEANS.get(model.text, model.text.lower()) != BOOLEANS.get(text, text.lower())
    return judge.differs(model, text)


def _generated(pair: Pair, shared: Shared, comparison: Comparison) -> Iterator[Finding]:
    column, _, actual = shared
    subject, at = pair.subject(column), comparison.at_column(column)
    model = expressions.computed(column)
    if model is None:
        message = f"{subject} is generated in the database and an ordinary column in the model"
        yield found("SC350", subject, message, at)
    elif not actual.generated:
        message = f"{subject} is generated in the model and an ordinary column in the database"
        yield found("SC351", subject, message, at)
    elif comparison.judge.differs(model, actual.default or ""):
        message = (
            f"{subject} is generated as {model.text} in the model and as {actual.default} in the "
            "database"
        )
        yield found("SC352", subject, message, at)


def _sequence(
    pair: Pair, column: Column[object], sequence: Sequence, comparison: Comparison
) -> Iterator[Finding]:
    schema = comparison.translated(sequence.schema)
    place = comparison.catalog.resolve(schema, database_name(sequence.name))
    if place not in comparison.catalog.session.relations:
        subject, at = pair.subject(column), comparison.at_column(column)
        message = f"{subject} takes its value from {'.'.join(place)}, which does not exist"
        yield found("SC405", subject, message, at)
