"""Resolves foreign keys from their names, without ever touching `ForeignKey.column`.

`ForeignKey.column` and `MetaData.sorted_tables` raise on a dangling key. Every target is
resolved here from its name first, so that all dangling keys are found at once.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Table


class KeyTarget(NamedTuple):
    """What a foreign key names, read from its text.

    Attributes:
        column: None where the key names a table only; the column then has the parent's name.
    """

    schema: str | None
    table: str
    column: str | None

    @property
    def table_key(self) -> str:
        """The key under which `MetaData.tables` would hold the table."""
        return f"{self.schema}.{self.table}" if self.schema else self.table

    def __str__(self) -> str:
        return f"{self.table_key}.{self.column}" if self.column else self.table_key


class ResolvedKey(NamedTuple):
    """One column of a foreign key.

    Attributes:
        column: The column that it points at, or None where it dangles.
    """

    key: ForeignKey
    target: KeyTarget
    column: Column[object] | None

    @property
    def parent(self) -> Column[object]:
        """The column that has the key."""
        return self.key.parent

    @property
    def subject(self) -> str:
        """The name that findings call it by: `table.column`."""
        return f"{self.parent.table.fullname}.{self.parent.name}"


class ResolvedConstraint(NamedTuple):
    """A foreign key with all its columns."""

    constraint: ForeignKeyConstraint
    keys: tuple[ResolvedKey, ...]


def resolve_keys(table: Table) -> tuple[ResolvedConstraint, ...]:
    """Resolve every foreign key of a table, in an order that does not change."""
    resolved = [
        ResolvedConstraint(constraint, tuple([_resolve(key) for key in constraint.elements]))
        for constraint in table.foreign_key_constraints
    ]
    if len(resolved) > 1:
        resolved.sort(key=lambda one: [(key.parent.name, str(key.target)) for key in one.keys])
    return tuple(resolved)


def _resolve(key: ForeignKey) -> ResolvedKey:
    given = given_column(key)
    if given is not None:
        table = getattr(given, "table", None)  # a mixin's column may have none
        schema, name = getattr(table, "schema", None), getattr(table, "name", "")
        return ResolvedKey(key, KeyTarget(schema, name, given.key), given)
    target = _named_target(key)
    return ResolvedKey(key, target, _named_column(key, target))


def given_column(key: ForeignKey) -> Column[object] | None:
    """Return the Column that a key was made from, which may be of another MetaData."""
    given = getattr(key, "target_column", None)  # SQLAlchemy 2.1
    return given if given is not None else getattr(key, "_table_column", None)  # 2.0


def _named_target(key: ForeignKey) -> KeyTarget:
    tokens = getattr(key, "target_tokens", None)  # SQLAlchemy 2.1; 2.0 has the dotted name only
    if tokens is not None:
        schema, table, column = tokens
    else:
        parts = key.target_fullname.split(".")
        column = parts[-1] if len(parts) > 1 else None
        table = parts[-2] if len(parts) > 1 else parts[0]
        schema = ".".join(parts[:-2]) or None
    if schema is None:
        schema = key.parent.table.metadata.schema
    return KeyTarget(schema, table, column)


def _named_column(key: ForeignKey, target: KeyTarget) -> Column[object] | None:
    table = key.parent.table.metadata.tables.get(target.table_key)
    if table is None:
        return None
    wanted = target.column or key.parent.key
    if not key.link_to_name:
        return table.columns.get(wanted)
    return next((column for column in table.columns if column.name == wanted), None)
