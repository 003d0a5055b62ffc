"""Pairs every table of the models with what the database has under its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import NamedTuple

from sqlalchemy import Column, Connection, Table
from sqlalchemy.sql.elements import quoted_name

from schema_checks.catalog import Catalog, CatalogColumn, CatalogTable
from schema_checks.catalog_reading import read_catalog
from schema_checks.discovery import Models
from schema_checks.expressions import Judge
from schema_checks.rendering import TypeBook, TypeFacts
from schema_checks.rules import Place


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tables are compared with the database.

    Attributes:
        schemas: Schemas (None in it stands for the search path); None means all.
        include: Patterns such as `users` or `billing.*`; empty means all.
        exclude: Patterns of tables to leave out; they win over `include`.
    """

    schemas: frozenset[str | None] | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def holds(self, table: Table) -> bool:
        """Tell whether a table is to be compared."""
        if self.schemas is not None and table.schema not in self.schemas:
            return False
        names = (table.name, table.fullname)
        if self.include and not _matches(names, self.include):
            return False
        return not _matches(names, self.exclude)


def _matches(names: Iterable[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


class Shared(NamedTuple):
    """A column that both sides have."""

    column: Column[object]
    facts: TypeFacts
    actual: CatalogColumn


@dataclass(frozen=True, slots=True)
class Pair:
    """A table of the models and the relation of the database that bears its name.

    Attributes:
        columns: The model's columns by the names the database knows them by; those of
            `system=True` (xmin and the like) belong to no CREATE TABLE and are left out.
        shared: The columns that both sides have.
    """

    model: Table
    actual: CatalogTable
    columns: Mapping[str, Column[object]]
    shared: tuple[Shared, ...]

    @classmethod
    def of(cls, model: Table, actual: CatalogTable, types: TypeBook) -> Pair:
        """Match the columns by name."""
        columns: dict[str, Column[object]] = {}
        shared: list[Shared] = []
        found, facts = actual.columns, types.facts
        for column in model.columns:
            name = database_name(column.name)
            if not column.system:
                columns[name] = column
            if name in found:
                shared.append(Shared(column, facts(column.type), found[name]))
        return cls(model, actual, columns, tuple(shared))

    @property
    def name(self) -> str:
        """The name that findings call the table by."""
        return self.model.fullname

    @property
    def is_view(self) -> bool:
        """Tell whether the mapping says that it is one, by `info={'is_view': True}`."""
        return bool(self.model.info.get("is_view"))

    @property
    def is_table(self) -> bool:
        """Tell whether it is one for both sides: only tables have keys and constraints."""
        return not self.actual.is_view and not self.is_view

    def subject(self, column: Column[object] | str) -> str:
        """Return `table.column`."""
        return f"{self.name}.{column if isinstance(column, str) else column.name}"


@dataclass(frozen=True)
class Comparison:
    """Models and catalog, side by side.

    Attributes:
        where: For every compared table, the schema and name it was looked for under.
        pairs: The tables that exist.
        translation: The connection's `schema_translate_map`.
        judge: Compares expressions.
    """

    models: Models
    catalog: Catalog
    where: Mapping[Table, tuple[str, str]]
    pairs: tuple[Pair, ...]
    translation: Mapping[str | None, str | None] = field(default_factory=dict)
    judge: Judge = field(default_factory=Judge)

    @cached_property
    def compared(self) -> frozenset[str]:
        """The full names of the compared tables."""
        return frozenset(table.fullname for table in self.where)

    def translated(self, schema: str | None) -> str | None:
        """Return the schema that the connection's `schema_translate_map` puts in its place."""
        return self.translation.get(schema, schema)

    def at_column(self, column: Column[object]) -> Place:
        """Return what finds the model's line of a column, once a finding asks for it."""
        return partial(self.models.at_column, column)

    def at_table(self, pair: Pair) -> Place:
        """Return what finds the model's line of a table, once a finding asks for it."""
        return partial(self.models.at_table, pair.model)


def database_name(name: str) -> str:
    """Return the name as PostgreSQL keeps it: folded where the model forbids quotes."""
    if type(name) is str:
        return name
    if isinstance(name, quoted_name) and name.quote is False:
        return str(name).lower()
    return str(name)


def names_of(columns: Iterable[Column[object]]) -> tuple[str, ...]:
    """Return the names of columns as PostgreSQL keeps them."""
    return tuple([database_name(column.name) for column in columns])


def compare(
    models: Models,
    connection: Connection,
    scope: Scope,
    version_table: tuple[str | None, str] | None = None,
) -> Comparison:
    """Read what the database has under the names of the models.

    Raises:
        CannotCheckError: The catalog could not be read.
    """
    tables = [table for table in models.tables if scope.holds(table)]
    names = {database_name(table.name) for table in tables}
    names |= {
        constraint.keys[0].target.table for table in tables for constraint in models.keys_of(table)
    }
    catalog = read_catalog(connection, sorted(names), version_table)
    translation = connection.get_execution_options().get("schema_translate_map") or {}
    where = {
        table: catalog.resolve(
            translation.get(table.schema, table.schema), database_name(table.name)
        )
        for table in tables
    }
    pairs = tuple(
        Pair.of(table, catalog.tables[place], models.types)
        for table, place in where.items()
        if place in catalog.tables
    )
    return Comparison(models, catalog, where, pairs, translation)
