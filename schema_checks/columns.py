"""Compares columns that exist on both sides: type, collation, NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN
from sqlalchemy.types import Enum, NullType, TypeEngine

from schema_checks import rendering
from schema_checks.catalog import VIEW_KINDS, CatalogColumn
from schema_checks.column_types import differ, read_type
from schema_checks.comparison import Comparison, Pair
from schema_checks.findings import Finding, Level
from schema_checks.rules import Detail, found


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report every difference of a column that changes behaviour."""
    for pair in comparison.pairs:
        for column, actual in shared_columns(pair):
            yield from _type(pair, column, actual, comparison)
            yield from _collation(pair, column, actual, comparison)
            if pair.actual.relation.kind not in VIEW_KINDS:
                yield from _nullability(pair, column, actual, comparison)


def shared_columns(pair: Pair) -> Iterator[tuple[Column[object], CatalogColumn]]:
    """Yield the columns that both sides have."""
    for column, name in pair.columns():
        actual = pair.actual.columns.get(name)
        if actual is not None:
            yield column, actual


def named_enum(type_: TypeEngine[object]) -> Enum | None:
    """Return the native enum of a column, or of its array's items, where it has one."""
    plain = rendering.plain_type(type_)
    if isinstance(plain, ARRAY):
        plain = rendering.plain_type(plain.item_type)
    if isinstance(plain, Enum) and plain.native_enum:
        return plain
    return None


def _type(
    pair: Pair, column: Column[object], actual: CatalogColumn, comparison: Comparison
) -> Iterator[Finding]:
    subject, at = pair.subject(column), comparison.at_column(column)
    spelled = rendering.type_text(column.type)
    if spelled is None:
        level = Level.INFO if isinstance(column.type, NullType) else Level.ERROR
        message = f"{subject} has the type {column.type!r}, which has no PostgreSQL spelling"
        yield found("SC530", subject, message, at, Detail(level=level))
        return
    if named_enum(column.type) is not None and is_enum(actual):
        return  # enums.py compares their names and labels
    difference = differ(read_type(spelled), read_type(_comparable(column, actual, spelled)))
    if difference is None:
        return
    message = f"{subject} is {spelled} in the model and {actual.type.text} in the database"
    level_ = Level.INFO if difference.harmless else None
    detail = Detail(consequence=difference.consequence, level=level_)
    if difference.harmless:
        detail = Detail("Nothing breaks: the database holds all that the model allows.", "", level_)
    yield found(difference.code, subject, message, at, detail)


def is_enum(actual: CatalogColumn) -> bool:
    """Tell whether the database's column is an enum, or an array of one."""
    return actual.type.kind == "e" or (
        actual.type.element is not None and actual.type.element[2] == "e"
    )


def _comparable(column: Column[object], actual: CatalogColumn, spelled: str) -> str:
    """Return the database's type; a domain counts as the type below it.

    A domain that the model names is compared by its name.
    """
    plain = rendering.plain_type(column.type)
    if read_type(spelled) == read_type(actual.type.text):
        return actual.type.text
    if isinstance(plain, DOMAIN):
        below = rendering.type_text(plain.data_type)
        is_below = below is not None and read_type(below) == read_type(actual.type.text)
        return spelled if is_below else actual.type.text
    return actual.type.domain_base or actual.type.text


def _collation(
    pair: Pair, column: Column[object], actual: CatalogColumn, comparison: Comparison
) -> Iterator[Finding]:
    model = getattr(rendering.plain_type(column.type), "collation", None)
    if model == actual.collation or {model, actual.collation} <= {None, "default"}:
        return
    message = (
        f"{pair.subject(column)} sorts by {model or 'the default collation'} in the model and by "
        f"{actual.collation or 'the default collation'} in the database"
    )
    yield found("SC520", pair.subject(column), message, comparison.at_column(column))


def _nullability(
    pair: Pair, column: Column[object], actual: CatalogColumn, comparison: Comparison
) -> Iterator[Finding]:
    subject, at = pair.subject(column), comparison.at_column(column)
    may_be_null = bool(column.nullable) and not column.primary_key
    if may_be_null and actual.not_null:
        message = f"{subject} may be NULL in the model and is NOT NULL in the database"
        yield found("SC331", subject, message, at)
    elif not may_be_null and not actual.not_null:
        message = f"{subject} is NOT NULL in the model and may be NULL in the database"
        yield found("SC330", subject, message, at)
