"""Compares native enums: the type's name and schema, and its labels in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Column
from sqlalchemy.types import Enum

from schema_checks.catalog import CatalogColumn
from schema_checks.columns import is_enum
from schema_checks.comparison import Comparison, Pair, database_name
from schema_checks.findings import Finding
from schema_checks.rules import found


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report enums whose type or labels differ."""
    for pair in comparison.pairs:
        for column, facts, actual in pair.shared:
            enum = facts.enum
            if enum is not None and is_enum(actual):
                yield from _name(pair, (column, enum), actual, comparison)
                if list(enum.enums) != list(actual.type.labels):
                    yield from _labels(pair, column, (enum.enums, actual.type.labels), comparison)


def _name(
    pair: Pair,
    model: tuple[Column[object], Enum],
    actual: CatalogColumn,
    comparison: Comparison,
) -> Iterator[Finding]:
    column, enum = model
    element = actual.type.element or (actual.type.schema, actual.type.name, "e")
    if _is_same_type(enum, element, comparison):
        return
    wanted = f"{enum.schema}.{enum.name}" if enum.schema else str(enum.name)
    message = (
        f"{pair.subject(column)} is the enum {wanted} in the model and "
        f"{element[0]}.{element[1]} in the database"
    )
    yield found("SC510", pair.subject(column), message, comparison.at_column(column))


def _is_same_type(enum: Enum, actual: tuple[str, str, str], comparison: Comparison) -> bool:
    schema, name, _ = actual
    if database_name(enum.name or "") != name:
        return False
    if enum.schema is None:
        return schema in comparison.catalog.session.search_path
    return comparison.translated(enum.schema) == schema


def _labels(
    pair: Pair,
    column: Column[object],
    labels: tuple[Sequence[str], Sequence[str]],
    comparison: Comparison,
) -> Iterator[Finding]:
    subject, at = pair.subject(column), comparison.at_column(column)
    model, actual = labels
    missing = [label for label in model if label not in actual]
    extra = [label for label in actual if label not in model]
    if missing:
        message = f"{subject}: the database's enum has no label {_listed(missing)}"
        yield found("SC511", subject, message, at)
    if extra:
        message = f"{subject}: the model's enum has no label {_listed(extra)}"
        yield found("SC512", subject, message, at)
    shared = [label for label in model if label in actual]
    if shared != [label for label in actual if label in model]:
        message = f"{subject}: the labels stand in another order: {_listed(model)} in the model, "
        yield found("SC513", subject, message + f"{_listed(actual)} in the database", at)


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels)
