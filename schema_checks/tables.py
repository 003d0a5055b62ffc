"""Compares schemas, tables and columns by their existence."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from sqlalchemy import Table

from schema_checks.catalog import CatalogColumn
from schema_checks.comparison import Comparison, Pair, database_name
from schema_checks.findings import Finding
from schema_checks.key_targets import ResolvedKey
from schema_checks.rules import Detail, found


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report what the models need and the database does not have, and the other way round."""
    yield from _missing_schemas(comparison)
    schemas, tables = comparison.catalog.session.schemas, comparison.catalog.tables
    for table, place in comparison.where.items():
        if place not in tables and place[0] in schemas:
            yield _missing_table(table, place, comparison)
        for constraint in comparison.models.keys_of(table):
            for key in constraint.keys:
                # A key that dangles in the models is reported once, by foreign_keys.py.
                if key.column is not None and key.target.table_key not in comparison.compared:
                    yield from _missing_target(key, comparison)
    for pair in comparison.pairs:
        yield from _views(pair, comparison)
        if pair.columns.keys() != pair.actual.columns.keys():
            yield from _missing_columns(pair, comparison)
            yield from _extra_columns(pair, comparison)


def _missing_schemas(comparison: Comparison) -> Iterator[Finding]:
    known = comparison.catalog.session.schemas
    first: dict[str, Table] = {}
    for table, (schema, _) in comparison.where.items():
        if schema not in known:
            first.setdefault(schema, table)
    for schema, table in first.items():
        near = difflib.get_close_matches(schema, sorted(known), n=1)
        message = f"the database has no schema {schema}, which {table.fullname} lives in"
        suffix = f"; did you mean {near[0]}?" if near else ""
        yield found("SC301", schema, message + suffix, comparison.models.at_table(table))


def _missing_table(table: Table, place: tuple[str, str], comparison: Comparison) -> Finding:
    message = f"the database has no table {'.'.join(place)}" + _elsewhere(place, comparison)
    return found("SC302", table.fullname, message, comparison.models.at_table(table))


def _elsewhere(place: tuple[str, str], comparison: Comparison) -> str:
    relations = comparison.catalog.session.relations
    same_name = sorted(schema for schema, name in relations if name == place[1])
    if same_name:
        return f"; there is one in schema {same_name[0]}"
    names = [name for schema, name in relations if schema == place[0]]
    near = difflib.get_close_matches(place[1], names, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _missing_target(key: ResolvedKey, comparison: Comparison) -> Iterator[Finding]:
    schema = comparison.translated(key.target.schema)
    place = comparison.catalog.resolve(schema, database_name(key.target.table))
    if place in comparison.catalog.session.relations:
        return
    message = (
        f"{key.subject} refers to {key.target}, and the database has no table {'.'.join(place)}"
        f"{_elsewhere(place, comparison)}"
    )
    yield found("SC210", key.subject, message, comparison.at_column(key.parent))


def _views(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    if pair.actual.is_view and not pair.is_view:
        message = f"{pair.name} is a view in the database, and the model maps it as a table"
        yield found("SC303", pair.name, message, comparison.at_table(pair))


def _missing_columns(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    for name, column in pair.columns.items():
        if name not in pair.actual.columns:
            spare = [known for known in pair.actual.columns if known not in pair.columns]
            near = difflib.get_close_matches(name, spare, n=1)
            suffix = f"; did you mean {near[0]}?" if near else ""
            message = f"the database's table {pair.name} has no column {name}{suffix}"
            yield found("SC310", pair.subject(column), message, comparison.at_column(column))


def _extra_columns(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    if pair.actual.is_view:
        return
    for name, column in pair.actual.columns.items():
        if name not in pair.columns:
            yield _extra_column(pair, column, comparison)


def _extra_column(pair: Pair, column: CatalogColumn, comparison: Comparison) -> Finding:
    at = comparison.at_table(pair)
    filled = column.default is not None or column.identity or column.generated
    if column.not_null and not filled:
        message = (
            f"the database has a column {pair.subject(column.name)} ({column.type.text}) that is "
            "NOT NULL and has no default, and the model does not know it"
        )
        return found("SC320", pair.subject(column.name), message, at)
    message = (
        f"the database has a column {pair.subject(column.name)} ({column.type.text}) that the "
        "model does not know"
    )
    return found("SC321", pair.subject(column.name), message, at, Detail())
