"""Reads the database's catalog: four statements in one read-only snapshot, into frozen types."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import starmap

from sqlalchemy import ColumnClause, Connection, String, column, exc, select, table

from schema_checks import catalog_queries
from schema_checks.catalog import Catalog, CatalogTable, Relation, Session
from schema_checks.catalog_rows import read_tables, rows
from schema_checks.errors import CannotCheckError

DEFAULT_STATEMENT_TIMEOUT_MS = 10_000
AS_NAMED = {"schema_translate_map": None}


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
            connection.execute(catalog_queries.SNAPSHOT)
        connection.execute(catalog_queries.LIMITS, {"milliseconds": str(timeout_ms)})
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
    row = connection.execute(catalog_queries.SESSION, {"names": list(names)}).one()
    relations = starmap(Relation, rows(json.loads(row[5])))
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
    query = catalog_queries.details(session.server_version)
    row = connection.execute(query, {"oids": [relation.oid for relation in relations]}).one()
    return read_tables([json.loads(part or "null") for part in row], session, relations)


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
