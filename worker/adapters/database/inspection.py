"""What the database holds by way of tables: for `db inspect`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Inspector, inspect, text
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.database.engine import translated_errors

SIZES = text(
    "SELECT c.relname, pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint"
    " FROM pg_catalog.pg_class AS c"
    " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = to_regnamespace(current_schema())"
)
"""Bytes with indexes and TOAST, and the rows that ANALYZE last counted (0 before the first)."""


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column; `default` is PostgreSQL's text of it."""

    name: str
    type: str
    nullable: bool
    default: str | None


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table with its keys, as PostgreSQL has them.

    Attributes:
        foreign_keys: Written as `columns -> table (columns)`.
        indexes: Written as `name (columns)`.
        bytes_on_disk: With its indexes and TOAST.
        estimated_rows: As ANALYZE last counted them.
    """

    name: str
    columns: tuple[ColumnShape, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[str, ...]
    indexes: tuple[str, ...]
    bytes_on_disk: int
    estimated_rows: int


async def inspect_tables(engine: AsyncEngine) -> tuple[TableShape, ...]:
    """Return the tables of the search path's first schema, by name."""
    with translated_errors():
        async with engine.connect() as connection:
            return await connection.run_sync(_read)


def _read(connection: Connection) -> tuple[TableShape, ...]:
    inspector = inspect(connection)
    sizes = {name: (size, rows) for name, size, rows in connection.execute(SIZES)}
    return tuple(
        _table(inspector, name, sizes.get(name, (0, 0)))
        for name in sorted(inspector.get_table_names())
    )


def _table(inspector: Inspector, name: str, size: tuple[int, int]) -> TableShape:
    return TableShape(
        name=name,
        columns=tuple(_column(column) for column in inspector.get_columns(name)),
        primary_key=tuple(inspector.get_pk_constraint(name)["constrained_columns"]),
        foreign_keys=tuple(
            f"{', '.join(key['constrained_columns'])} -> {key['referred_table']} "
            f"({', '.join(key['referred_columns'])})"
            for key in inspector.get_foreign_keys(name)
        ),
        indexes=tuple(
            f"{index['name']} ({_listed(index['column_names'])})"
            for index in inspector.get_indexes(name)
        ),
        bytes_on_disk=size[0],
        estimated_rows=size[1],
    )


def _column(column: ReflectedColumn) -> ColumnShape:
    return ColumnShape(
        column["name"], str(column["type"]), column["nullable"], column.get("default")
    )


def _listed(names: Sequence[str | None]) -> str:
    return ", ".join(name or "an expression" for name in names)
