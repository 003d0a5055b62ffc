"""Compares columns that exist on both sides: type, collation, NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column
from sqlalchemy.types import NullType

from schema_checks.catalog import VIEW_KINDS, CatalogColumn
from schema_checks.column_types import Spelled, differ, read_type
from schema_checks.comparison import Comparison, Pair
from schema_checks.findings import Finding, Level
from schema_checks.rendering import TypeFacts
from schema_checks.rules import Detail, found

ENUM_ON_TEXT = (
    "SELECT passes; on asyncpg INSERT and WHERE cast to the enum and raise UndefinedObjectError "
    "or UndefinedFunctionError; psycopg sends the bare label and passes."
)


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report every difference of a column that changes behaviour."""
    facts_of = comparison.models.types.facts
    for pair in comparison.pairs:
        is_view = pair.actual.relation.kind in VIEW_KINDS
        for column, actual in pair.shared:
            facts = facts_of(column.type)
            if not _is_same_type(facts, actual):
                yield from _type(pair, column, actual, comparison)
            if facts.collation != actual.collation:
                yield from _collation(pair, column, actual, comparison)
            if not is_view and actual.not_null != _is_required(column):
                yield _nullability(pair, column, actual, comparison)


def _is_same_type(facts: TypeFacts, actual: CatalogColumn) -> bool:
    if facts.enum is not None and is_enum(actual):
        return True  # enums.py compares their names and labels
    return facts.spelled is not None and facts.spelled == read_type(actual.type.text)


def _type(
    pair: Pair, column: Column[object], actual: CatalogColumn, comparison: Comparison
) -> Iterator[Finding]:
    facts, subject = comparison.models.types.facts(column.type), pair.subject(column)
    if facts.spelled is None:
        level = Level.INFO if isinstance(column.type, NullType) else Level.ERROR
        message = f"{subject} has the type {column.type!r}, which has no PostgreSQL spelling"
        yield found("SC530", subject, message, comparison.at_column(column), Detail(level=level))
        return
    difference = differ(facts.spelled, _comparable(facts, actual))
    if difference is None:
        return
    message = f"{subject} is {facts.text} in the model and {actual.type.text} in the database"
    detail = Detail(consequence=ENUM_ON_TEXT if facts.enum else difference.consequence)
    if difference.harmless:
        nothing = "Nothing breaks: the database holds all that the model allows."
        detail = Detail(consequence=nothing, level=Level.INFO)
    yield found(difference.code, subject, message, comparison.at_column(column), detail)


def is_enum(actual: CatalogColumn) -> bool:
    """Tell whether the database's column is an enum, or an array of one."""
    return actual.type.kind == "e" or (
        actual.type.element is not None and actual.type.element[2] == "e"
    )


def _comparable(facts: TypeFacts, actual: CatalogColumn) -> Spelled:
    """Return the database's type; a domain counts as the type below it, on either side."""
    spelled = read_type(actual.type.text)
    if facts.below_domain is not None:
        return facts.spelled if facts.spelled and facts.below_domain == spelled else spelled
    return read_type(actual.type.domain_base) if actual.type.domain_base else spelled


def _collation(
    pair: Pair, column: Column[object], actual: CatalogColumn, comparison: Comparison
) -> Iterator[Finding]:
    model = comparison.models.types.facts(column.type).collation
    if {model, actual.collation} <= {None, "default"}:
        return
    message = (
        f"{pair.subject(column)} sorts by {model or 'the default collation'} in the model and by "
        f"{actual.collation or 'the default collation'} in the database"
    )
    yield found("SC520", pair.subject(column), message, comparison.at_column(column))


def _is_required(column: Column[object]) -> bool:
    return column.primary_key or not column.nullable


def _nullability(
    pair: Pair, column: Column[object], actual: CatalogColumn, comparison: Comparison
) -> Finding:
    subject, at = pair.subject(column), comparison.at_column(column)
    if actual.not_null:
        message = f"{subject} may be NULL in the model and is NOT NULL in the database"
        return found("SC331", subject, message, at)
    message = f"{subject} is NOT NULL in the model and may be NULL in the database"
    return found("SC330", subject, message, at)
