"""What the database's catalog says, as frozen types; `catalog_reading.py` fills them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from schema_checks.column_types import Spelled

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
        spelled: The text, read.
        kind: As `pg_type.typtype`: b base, e enum, d domain, c composite, r range.
        domain_base: The spelling of the type below a domain, else None.
        element: Schema, name and kind of an array's element type, else None.
        labels: The labels of an enum (or of an array's enum), in their order.
    """

    text: str
    spelled: Spelled
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
        not_null: Also true where the column's domain forbids NULL.
        identity: "a" always, "d" by default, "" none.
        generated: "s" stored, "v" virtual, "" none.
        collation: The collation's name where it is not the type's own, else None.
    """

    name: str
    default: str | None
    type: CatalogType
    not_null: bool
    identity: str
    generated: str
    collation: str | None


class KeyReference(NamedTuple):
    """Where a foreign key points.

    Attributes:
        columns: The target's columns; "?" where the target is no table of the models.
        on_delete: PostgreSQL's letter: a no action, r restrict, c cascade, n set null, d default.
        on_update: The same.
        match: s simple, f full, p partial.
    """

    schema: str
    table: str
    columns: tuple[str, ...]
    on_delete: str
    on_update: str
    match: str


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

    @property
    def behaviour(self) -> tuple[object, ...]:
        """Everything but its name."""
        return self[1:]


class IndexShape(NamedTuple):
    """What an index holds, in terms that a model's index can be put in as well.

    Attributes:
        keys: For each key part the column's name, or PostgreSQL's text of an expression.
        options: For each key part of a B-tree: 1 descending, 2 nulls first, 3 both. Other methods
            have no order, so theirs is empty.
        opclasses: For each key part its operator class, or None for the default one; empty where
            all are the default.
        included: The columns of INCLUDE, sorted.
        nulls_not_distinct: Of a unique index; false for every other.
    """

    method: str
    unique: bool
    keys: tuple[str, ...]
    options: tuple[int, ...]
    opclasses: tuple[str | None, ...] = ()
    included: tuple[str, ...] = ()
    nulls_not_distinct: bool = False


class CatalogIndex(NamedTuple):
    """An index."""

    name: str
    primary: bool
    valid: bool
    has_expressions: bool
    predicate: str | None
    shape: IndexShape

    @property
    def is_plain(self) -> bool:
        """Tell whether columns alone say what it holds: no expression, no predicate."""
        return self.predicate is None and not self.has_expressions


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A relation with all its parts; the constraints by their kind."""

    relation: Relation
    columns: Mapping[str, CatalogColumn]
    constraints: Mapping[str, Sequence[CatalogConstraint]]
    indexes: Sequence[CatalogIndex]

    @property
    def is_view(self) -> bool:
        """Tell whether it is a view, materialised or not."""
        return self.relation.kind in VIEW_KINDS

    def of_kind(self, kind: str) -> Sequence[CatalogConstraint]:
        """Return the constraints of one kind."""
        return self.constraints.get(kind, ())


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
