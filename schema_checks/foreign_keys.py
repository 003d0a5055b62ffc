"""Reports foreign keys whose table or column is missing from the metadata."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from sqlalchemy import MetaData

from schema_checks.discovery import Models, known_registries
from schema_checks.findings import Finding
from schema_checks.key_targets import ResolvedKey
from schema_checks.rules import found


def check(models: Models) -> Iterator[Finding]:
    """Report every key that dangles, also where no relationship uses it."""
    for table in models.tables:
        for constraint in models.keys_of(table):
            for key in constraint.keys:
                if key.column is None:
                    yield _dangling(key, models)


def _dangling(key: ResolvedKey, models: Models) -> Finding:
    target, parent, subject = key.target, key.parent, key.subject
    at = models.at_column(parent)
    table = parent.table.metadata.tables.get(target.table_key)
    if table is None:
        message = f"{subject} refers to {target}, and its MetaData has no table {target.table_key}"
        return found("SC201", subject, message + _elsewhere(key, models), at)
    wanted = target.column or parent.key
    near = difflib.get_close_matches(wanted, [column.key for column in table.columns], n=1)
    suffix = f"; did you mean {near[0]}?" if near else ""
    message = f"{subject} refers to {target}, and {table.fullname} has no column {wanted}{suffix}"
    return found("SC202", subject, message, at)


def _elsewhere(key: ResolvedKey, models: Models) -> str:
    own, target = key.parent.table.metadata, key.target
    for metadata in _metadatas(models):
        table = metadata.tables.get(target.table_key)
        if metadata is not own and table is not None:
            mapper = models.mapper_of(table)
            class_ = mapper.class_ if mapper is not None else None
            owner = f" ({class_.__module__}.{class_.__qualname__})" if class_ else ""
            return f"; it belongs to another Base{owner}"
    same_name = [other.fullname for other in own.tables.values() if other.name == target.table]
    if same_name:
        return f"; there is {same_name[0]}, in another schema"
    near = difflib.get_close_matches(target.table_key, list(own.tables), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _metadatas(models: Models) -> list[MetaData]:
    others = [reg.metadata for reg in known_registries()]
    return list(dict.fromkeys([*models.metadatas, *others]))
