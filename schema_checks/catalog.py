"""What the database's catalog says, as frozen types; `catalog_reading.py` fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

VIEW_KINDS = frozenset({"v", "m"})


class Relation(NamedTuple):
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


class CatalogType(NamedTuple):
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


class CatalogColumn(NamedTuple):
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


class KeyReference(NamedTuple):
    """Where a foreign key points.

    Attributes:
        columns: The target's columns; "?" where the target is no table of the models.
        on_delete: PostgreSQL's letter: a no action, r restrict, c cascade, n set null, d default.
        on_update: The same.
    """

    schema: str
    table: str
    columns: tuple[str, ...]
    on_delete: str
    on_update: str


class CatalogConstraint(NamedTuple):
    """A constraint; `kind` is p, u, f, c or x, `definition` is set for c and x only."""

    name: str
    kind: str
    columns: tuple[str, ...]
    deferrable: bool
    deferred: bool
    validated: bool
    reference: KeyReference | None
    definition: str | None


class CatalogIndex(NamedTuple):
    """An index.

    Attributes:
        keys: For each key part the column's name, or PostgreSQL's text of an expression.
        included: The columns of INCLUDE.
        options: For each key part: 1 descending, 2 nulls first, 3 both.
        opclasses: For each key part its operator class, or None for the default one.
    """

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
