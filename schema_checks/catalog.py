"""Reads the database's catalog: four statements in one read-only snapshot, into frozen types."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import starmap

from sqlalchemy import ColumnClause, Connection, String, column, exc, select, table, text

from schema_checks import catalog_queries
from schema_checks.errors import CannotCheckError

VIEW_KINDS = frozenset({"v", "m"})
DEFAULT_STATEMENT_TIMEOUT_MS = 10_000
AS_NAMED = {"schema_translate_map": None}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view or sequence.

    Attributes:
        kind: As `pg_class.relkind`: r table, p partitioned, v view, m materialised view,
            f foreign table, S sequence.
        usage: For a sequence: the current role may use it.
        granted: For a relation that was asked for: the letters of SELECT (r), INSERT (a),
            UPDATE (w) and DELETE (d) that the current role holds.
    """

    oid: int
    schema: str
    name: str
    kind: str
    usage: bool | None
    granted: str | None


@dataclass(frozen=True, slots=True)
class CatalogType:
    """A column's type.

    Attributes:
        text: As `format_type` spells it, with its modifier.
        kind: As `pg_type.typtype`: b base, e enum, d domain, c composite, r range.
        domain_base: The spelling of the type below a domain, else None.
        element: Schema, name and kind of an array's element type, else None.
        labels: The labels of an enum (or of an array's enum), in their order.
    """

    text: str
    schema: str
    name: str
    kind: str
    domain_base: str | None
    element: tuple[str, str, str] | None
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """A column.

    Attributes:
        default: PostgreSQL's text of the default or of the generation expression, or None.
        identity: "a" always, "d" by default, "" none.
        generated: "s" stored, "v" virtual, "" none.
        collation: The collation's name where it is not the type's own, else None.
    """

    number: int
    name: str
    type: CatalogType
    not_null: bool
    default: str | None
    identity: str
    generated: str
    collation: str | None


@dataclass(frozen=True, slots=True)
class KeyReference:
    """Where a foreign key points; the actions are PostgreSQL's letters (a, r, c, n, d)."""

    schema: str
    table: str
    columns: tuple[str, ...]
    on_delete: str
    on_update: str
    match: str


@dataclass(frozen=True, slots=True)
class CatalogConstraint:
    """A constraint; `kind` is p, u, f, c or x, `definition` is set for c and x only."""

    name: str
    kind: str
    columns: tuple[str, ...]
    deferrable: bool
    deferred: bool
    validated: bool
    reference: KeyReference | None
    definition: str | None
    index_oid: int


@dataclass(frozen=True, slots=True)
class CatalogIndex:
    """An index.

    Attributes:
        keys: For each key part the column's name, or PostgreSQL's text of an expression.
        included: The columns of INCLUDE.
        options: For each key part: 1 descending, 2 nulls first, 3 both.
        opclasses: For each key part its operator class, or None for the default one.
    """

    oid: int
    name: str
    method: str
    unique: bool
    primary: bool
    valid: bool
    nulls_not_distinct: bool
    keys: tuple[str, ...]
    has_expressions: bool
    included: tuple[str, ...]
    options: tuple[int, ...]
    opclasses: tuple[str | None, ...]
    predicate: str | None


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A relation with all its parts."""

    relation: Relation
    columns: Mapping[str, CatalogColumn]
    constraints: tuple[CatalogConstraint, ...]
    indexes: tuple[CatalogIndex, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """The session's facts and all relations by schema and name."""

    role: str
    server_version: int
    search_path: tuple[str, ...]
    schemas: Mapping[str, bool]
    relations: Mapping[tuple[str, str], Relation]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the database holds, seen at one moment.

    Attributes:
        tables: The relations that were asked for, with their parts, by schema and name.
        versions: The rows of the Alembic version table; None where there is no such table, or
            nobody asked for it.
    """

    session: Session
    tables: Mapping[tuple[str, str], CatalogTable]
    versions: tuple[str, ...] | None = None

    def resolve(self, schema: str | None, name: str) -> tuple[str, str]:
        """Return schema and name as the session would find them on its search path."""
        if schema is not None:
            return schema, name
        path = self.session.search_path or ("public",)
        known = (space for space in path if (space, name) in self.session.relations)
        return next(known, path[0]), name


@dataclass(slots=True)
class _Parts:
    columns: dict[str, CatalogColumn] = field(default_factory=dict)
    constraints: list[CatalogConstraint] = field(default_factory=list)
    indexes: list[CatalogIndex] = field(default_factory=list)


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
    parts: dict[int, _Parts] = defaultdict(_Parts)
    for entry in json.loads(row[0]):
        read = _column(entry[1:])
        parts[entry[0]].columns[read.name] = read
    numbered = {
        oid: {read.number: read.name for read in part.columns.values()}
        for oid, part in parts.items()
    }
    for entry in json.loads(row[1]):
        parts[entry[0]].constraints.append(_constraint(entry[1:], numbered[entry[0]]))
    for entry in json.loads(row[2]):
        parts[entry[0]].indexes.append(_index(entry[1:], numbered[entry[0]]))
    tables = {}
    for relation in relations:
        part = parts[relation.oid]
        tables[relation.schema, relation.name] = CatalogTable(
            relation, part.columns, tuple(part.constraints), tuple(part.indexes)
        )
    return tables


def _column(entry: list) -> CatalogColumn:  # type: ignore[type-arg] # a JSON row
    number, name, spelled, schema, type_name, kind, base, element, labels, *rest = entry
    not_null, default, identity, generated, collation = rest
    return CatalogColumn(
        number=number,
        name=name,
        type=CatalogType(
            text=spelled,
            schema=schema,
            name=type_name,
            kind=kind,
            domain_base=base,
            element=tuple(element) if element else None,
            labels=tuple(labels or ()),
        ),
        not_null=not_null,
        default=default,
        identity=identity,
        generated=generated,
        collation=collation,
    )


def _constraint(entry: list, columns: Mapping[int, str]) -> CatalogConstraint:  # type: ignore[type-arg] # a JSON row
    name, kind, numbers, deferrable, deferred, validated, reference, definition, index = entry
    target = None
    if reference:
        schema, table, names, on_delete, on_update, match = reference
        target = KeyReference(schema, table, tuple(names or ()), on_delete, on_update, match)
    return CatalogConstraint(
        name=name,
        kind=kind,
        columns=tuple(columns.get(number, "?") for number in numbers or ()),
        deferrable=deferrable,
        deferred=deferred,
        validated=validated,
        reference=target,
        definition=definition,
        index_oid=index,
    )


def _index(entry: list, columns: Mapping[int, str]) -> CatalogIndex:  # type: ignore[type-arg] # a JSON row
    oid, name, method, unique, primary, valid, nulls, count, numbers, options, *rest = entry
    expressions, predicate, opclasses = rest
    named = [columns.get(number, "") for number in numbers]
    keys = (
        tuple(name_ or expression for name_, expression in zip(named, expressions, strict=False))
        if expressions
        else tuple(named[:count])
    )
    return CatalogIndex(
        oid=oid,
        name=name,
        method=method,
        unique=unique,
        primary=primary,
        valid=valid,
        nulls_not_distinct=nulls,
        keys=keys,
        has_expressions=bool(expressions),
        included=tuple(named[count:]),
        options=tuple(options),
        opclasses=tuple(opclasses or ()),
        predicate=predicate,
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
