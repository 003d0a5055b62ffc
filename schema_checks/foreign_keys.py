"""Checks foreign keys without a database, and without ever touching `ForeignKey.column`.

`ForeignKey.column` and `MetaData.sorted_tables` raise on a dangling key. Every target is
resolved here from its name first, so that all dangling keys are found at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Column, ForeignKey, MetaData, Table

from schema_checks.discovery import Models, known_registries
from schema_checks.findings import Finding
from schema_checks.rules import found


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


def target_of(key: ForeignKey) -> KeyTarget:
    """Read what a key names; nothing is resolved, so nothing raises on a dangling key."""
    given = given_column(key)
    if given is not None:
        table_ = getattr(given, "table", None)  # a mixin's column may have none
        return KeyTarget(getattr(table_, "schema", None), getattr(table_, "name", ""), given.key)
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


def target_column(key: ForeignKey) -> Column[object] | None:
    """Return the column that a key points at, or None where it dangles."""
    target = target_of(key)
    given = given_column(key)
    if given is not None:
        return given
    table = key.parent.table.metadata.tables.get(target.table_key)
    if table is None:
        return None
    wanted = target.column or key.parent.key
    if not key.link_to_name:
        return table.columns.get(wanted)
    return next((column for column in table.columns if column.name == wanted), None)


def given_column(key: ForeignKey) -> Column[object] | None:
    """Return the Column that a key was made from, which may be of another MetaData."""
    given = getattr(key, "target_column", None)  # SQLAlchemy 2.1
    return given if given is not None else getattr(key, "_table_column", None)  # 2.0


def keys_of(table: Table) -> list[ForeignKey]:
    """Return the table's keys, one a column pair, in an order that does not change."""
    if len(table.foreign_keys) < 2:  # noqa: PLR2004 - one needs no order
        return list(table.foreign_keys)
    return sorted(table.foreign_keys, key=lambda key: (key.parent.name, str(target_of(key))))


def check(models: Models) -> Iterator[Finding]:
    """Report every foreign key whose table or column is missing from the metadata."""
    for table in models.tables:
        for key in sorted(
            table.foreign_keys, key=lambda key: (key.parent.name, str(target_of(key)))
        ):
            finding = _dangling(key, models)
            if finding is not None:
                yield finding


def _dangling(key: ForeignKey, models: Models) -> Finding | None:
    if target_column(key) is not None:
        return None
    target, parent = target_of(key), key.parent
    subject = f"{parent.table.fullname}.{parent.name}"
    at = models.at_column(parent)
    table = parent.table.metadata.tables.get(target.table_key)
    if table is None:
        message = f"{subject} refers to {target}, and its MetaData has no table {target.table_key}"
        return found("SC201", subject, message + _elsewhere(target, key, models), at)
    wanted = target.column or parent.key
    near = difflib.get_close_matches(wanted, [column.key for column in table.columns], n=1)
    suffix = f"; did you mean {near[0]}?" if near else ""
    message = f"{subject} refers to {target}, and {table.fullname} has no column {wanted}{suffix}"
    return found("SC202", subject, message, at)


def _elsewhere(target: KeyTarget, key: ForeignKey, models: Models) -> str:
    own = key.parent.table.metadata
    for metadata in _metadatas(models):
        table = metadata.tables.get(target.table_key)
        if metadata is not own and table is not None:
            where = models.at_table(table)
            return f"; it belongs to another Base{f' ({where})' if where else ''}"
    same_name = [other.fullname for other in own.tables.values() if other.name == target.table]
    if same_name:
        return f"; there is {same_name[0]}, in another schema"
    near = difflib.get_close_matches(target.table_key, list(own.tables), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _metadatas(models: Models) -> list[MetaData]:
    others = [reg.metadata for reg in known_registries()]
    return list(dict.fromkeys([*models.metadatas, *others]))
