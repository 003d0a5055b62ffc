"""Reads the database's catalog: four statements in one read-only snapshot, into frozen types."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import starmap
from typing import Any

from sqlalchemy import ColumnClause, Connection, String, column, exc, select, table, text

from schema_checks import catalog_queries
from schema_checks.catalog import (
    Catalog,
    CatalogColumn,
    CatalogConstraint,
    CatalogIndex,
    CatalogTable,
    CatalogType,
    KeyReference,
    Relation,
    Session,
)
from schema_checks.errors import CannotCheckError

DEFAULT_STATEMENT_TIMEOUT_MS = 10_000
AS_NAMED = {"schema_translate_map": None}


@dataclass(slots=True)
class _Parts:
    columns: dict[str, CatalogColumn] = field(default_factory=dict)
    constraints: list[CatalogConstraint] = field(default_factory=list)
    indexes: list[CatalogIndex] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)


def read_catalog(
    connection: Connection,
    names: Sequence[str],
    version_table: tuple[str | None, str] | None = None,
    statement_timeout_ms: int = DEFAULT_STATEMENT_TIMEOUT_MS,
) -> Catalog:
    """Read everything about the relations with these names.

    Opens a read-only, repeatable-read transaction and ends it. On a connection that is already
    in a transaction it reads inside a savepoint of that one, whose isolation then holds.

    Args:
        connection: An open connection to PostgreSQL.
        names: Relation names without their schema; each schema's relation of that name is read.
        version_table: Schema (None: by search path) and name of Alembic's version table.
        statement_timeout_ms: What one statement may take, in milliseconds.

    Raises:
        CannotCheckError: The catalog could not be read; the reason is the driver's.
    """
    try:
        with _snapshot(connection, statement_timeout_ms):
            return _read(connection, names, version_table)
    except exc.DBAPIError as error:
        raise CannotCheckError("the database", one_line(error)) from error


def one_line(error: exc.DBAPIError) -> str:
    """Return what the database said, without the statement."""
    return " ".join(str(error.orig).split())


@contextmanager
def _snapshot(connection: Connection, timeout_ms: int) -> Iterator[None]:
    nested = connection.in_transaction()
    transaction = connection.begin_nested() if nested else connection.begin()
    try:
        if not nested:
            connection.execute(text(catalog_queries.SNAPSHOT))
        timeout = catalog_queries.STATEMENT_TIMEOUT.format(milliseconds=int(timeout_ms))
        connection.execute(text(timeout))
        yield
    finally:
        transaction.rollback()


def _read(
    connection: Connection,
    names: Sequence[str],
    version_table: tuple[str | None, str] | None,
) -> Catalog:
    session = _read_session(connection, names)
    wanted = frozenset(names)
    relations = [
        relation
        for relation in session.relations.values()
        if relation.name in wanted and relation.kind != "S"
    ]
    catalog = Catalog(session, _read_tables(connection, session, relations))
    if version_table is None:
        return catalog
    return Catalog(session, catalog.tables, _read_versions(connection, catalog, version_table))


def _read_session(connection: Connection, names: Sequence[str]) -> Session:
    row = connection.execute(text(catalog_queries.SESSION), {"names": list(names)}).one()
    relations = starmap(Relation, json.loads(row[5]))
    return Session(
        role=str(row[0]),
        server_version=int(row[1]),
        search_path=tuple(json.loads(row[2])),
        schemas=dict(json.loads(row[4])),
        relations={(relation.schema, relation.name): relation for relation in relations},
    )


def _read_tables(
    connection: Connection, session: Session, relations: Sequence[Relation]
) -> dict[tuple[str, str], CatalogTable]:
    query = text(catalog_queries.details(session.server_version))
    row = connection.execute(query, {"oids": [relation.oid for relation in relations]}).one()
    columns, types, constraints, indexes, opclasses = (json.loads(part or "null") for part in row)
    parts: dict[int, _Parts] = defaultdict(_Parts)
    read_types = dict(starmap(_type, types or ()))
    _read_columns(columns, read_types, parts)
    named = {relation.oid: relation for relation in session.relations.values()}
    for oid, *rest in _rows(constraints):
        parts[oid].constraints.append(_constraint(rest, parts[oid].names, named, parts))
    for oid, *rest in _rows(indexes):
        parts[oid].indexes.append(_index(rest, parts[oid].names, opclasses or {}))
    tables = {}
    for relation in relations:
        part = parts[relation.oid]
        tables[relation.schema, relation.name] = CatalogTable(
            relation, part.columns, tuple(part.constraints), tuple(part.indexes)
        )
    return tables


def _read_columns(
    attributes: Sequence[Sequence[Any] | None],
    types: Mapping[tuple[int, int], _TypeRow],
    parts: Mapping[int, _Parts],
) -> None:
    for row in _rows(attributes):
        oid, number, name, type_oid, modifier, not_null, default, *rest, own, collation = row
        of = types[type_oid, modifier]
        part = parts[oid]
        part.names[number] = name
        part.columns[name] = CatalogColumn(
            number,
            name,
            of.type,
            not_null or of.not_null,
            of.default if default is None else default,
            rest[0],
            rest[1],
            None if own == of.collation_oid else collation,
        )


def _rows(attributes: Sequence[Sequence[Any] | None]) -> Iterator[tuple[Any, ...]]:
    """Turn the columnar JSON into rows; without rows every attribute is null."""
    return zip(*(attribute or () for attribute in attributes), strict=True)


@dataclass(frozen=True, slots=True)
class _TypeRow:
    """A type with what its columns take from it unless they have their own."""

    type: CatalogType
    not_null: bool
    default: str | None
    collation_oid: int


def _type(oid: int, modifier: int, *rest: Any) -> tuple[tuple[int, int], _TypeRow]:
    not_null, default, collation, spelled, schema, name, kind, base, element, labels = rest
    element = tuple(element) if element else None
    known = CatalogType(spelled, schema, name, kind, base, element, tuple(labels or ()))
    of_domain = kind == "d"
    return (oid, modifier), _TypeRow(known, of_domain and not_null, default, collation)


@lru_cache(maxsize=4096)
def _numbers(text_: str | None) -> tuple[int, ...]:
    """Read PostgreSQL's text of an int2[] (`{1,2}`) or an int2vector (`1 2`)."""
    return tuple(int(part) for part in (text_ or "").strip("{}").replace(",", " ").split())


def _constraint(
    entry: Sequence[Any],
    columns: Mapping[int, str],
    relations: Mapping[int, Relation],
    parts: Mapping[int, _Parts],
) -> CatalogConstraint:
    name, kind, numbers, deferrable, deferred, validated, definition, *rest = entry
    target_oid, target_numbers, on_delete, on_update = rest
    reference = None
    if kind == "f":
        target = relations.get(target_oid)
        names = parts[target_oid].names if target_oid in parts else {}
        reference = KeyReference(
            target.schema if target else "?",
            target.name if target else "?",
            tuple(names.get(number, "?") for number in _numbers(target_numbers)),
            on_delete,
            on_update,
        )
    own = tuple(columns.get(number, "?") for number in _numbers(numbers))
    return CatalogConstraint(
        name, kind, own, deferrable, deferred, validated, reference, definition
    )


def _index(
    entry: Sequence[Any], columns: Mapping[int, str], opclasses: Mapping[str, str]
) -> CatalogIndex:
    name, method, unique, primary, valid, nulls, count, numbers, options, *rest = entry
    classes, predicate, expressions = rest
    named = [columns.get(number, "") for number in _numbers(numbers)]
    keys = named[:count]
    if expressions:
        keys = [own or written for own, written in zip(keys, expressions, strict=True)]
    return CatalogIndex(
        name,
        method,
        unique,
        primary,
        valid,
        nulls,
        tuple(keys),
        bool(expressions),
        tuple(named[count:]),
        _numbers(options),
        tuple(opclasses.get(oid) for oid in classes.split()),
        predicate,
    )


def _read_versions(
    connection: Connection, catalog: Catalog, version_table: tuple[str | None, str]
) -> tuple[str, ...] | None:
    where = catalog.resolve(*version_table)
    if where not in catalog.session.relations:
        return None
    version: ColumnClause[str] = column("version_num", String)
    query = select(version).select_from(table(where[1], version, schema=where[0]))
    rows = connection.execute(query.order_by(version), execution_options=AS_NAMED)
    return tuple(str(row[0]) for row in rows)
