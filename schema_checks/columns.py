"""Compares columns that exist on both sides: type, collation, NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.types import NullType

from schema_checks.catalog import CatalogColumn
from schema_checks.column_types import Spelled, differ, read_type
from schema_checks.comparison import Comparison, Pair, Shared
from schema_checks.findings import Finding, Level
from schema_checks.rendering import TypeFacts
from schema_checks.rules import Detail, found

ENUM_ON_TEXT = (
    "SELECT passes; on asyncpg INSERT and WHERE cast to the enum and raise UndefinedObjectError "
    "or UndefinedFunctionError; psycopg sends the bare label and passes."
)


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report every difference of a column that changes behaviour."""
    for pair in comparison.pairs:
        is_view = pair.actual.is_view
        for shared in pair.shared:
            column, facts, actual = shared
            if facts.spelled != actual.type.spelled:
                yield from _type(pair, shared, comparison)
            if facts.collation != actual.collation:
                yield from _collation(pair, shared, comparison)
            if actual.not_null != (column.primary_key or not column.nullable) and not is_view:
                yield _nullability(pair, shared, comparison)


def _type(pair: Pair, shared: Shared, comparison: Comparison) -> Iterator[Finding]:
    column, facts, actual = shared
    if facts.enum is not None and is_enum(actual):
        return  # enums.py compares their names and labels
    if isinstance(column.type, NullType) and column.foreign_keys:
        return  # it has its target's type, and the key dangles: foreign_keys.py reports that
    subject, at = pair.subject(column), comparison.at_column(column)
    if facts.spelled is None:
        level = Level.INFO if isinstance(column.type, NullType) else Level.ERROR
        message = f"{subject} has the type {column.type!r}, which has no PostgreSQL spelling"
        yield found("SC530", subject, message, at, Detail(level=level))
        return
    difference = differ(facts.spelled, _comparable(facts, actual))
    if difference is None:
        return
    message = f"{subject} is {facts.text} in the model and {actual.type.text} in the database"
    detail = Detail(consequence=ENUM_ON_TEXT if facts.enum else difference.consequence)
    if difference.harmless:
        nothing = "Nothing breaks: the database holds all that the model allows."
        detail = Detail(consequence=nothing, level=Level.INFO)
    yield found(difference.code, subject, message, at, detail)


def is_enum(actual: CatalogColumn) -> bool:
    """Tell whether the database's column is an enum, or an array of one."""
    return actual.type.kind == "e" or (
        actual.type.element is not None and actual.type.element[2] == "e"
    )


def _comparable(facts: TypeFacts, actual: CatalogColumn) -> Spelled:
    """Return the database's type; a domain counts as the type below it, on either side."""
    spelled = actual.type.spelled
    if facts.below_domain is not None:
        return facts.spelled if facts.spelled and facts.below_domain == spelled else spelled
    return read_type(actual.type.domain_base) if actual.type.domain_base else spelled


def _collation(pair: Pair, shared: Shared, comparison: Comparison) -> Iterator[Finding]:
    column, facts, actual = shared
    if {facts.collation, actual.collation} <= {None, "default"}:
        return
    message = (
        f"{pair.subject(column)} sorts by {facts.collation or 'the default collation'} in the "
        f"model and by {actual.collation or 'the default collation'} in the database"
    )
    yield found("SC520", pair.subject(column), message, comparison.at_column(column))


def _nullability(pair: Pair, shared: Shared, comparison: Comparison) -> Finding:
    subject, at = pair.subject(shared.column), comparison.at_column(shared.column)
    if shared.actual.not_null:
        message = f"{subject} may be NULL in the model and is NOT NULL in the database"
        return found("SC331", subject, message, at)
    message = f"{subject} is NOT NULL in the model and may be NULL in the database"
    return found("SC330", subject, message, at)
