"""Compares primary keys, unique constraints and foreign keys by what they do, not by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

from schema_checks.catalog import CatalogConstraint, CatalogIndex
from schema_checks.comparison import Comparison, Pair, database_name, names_of
from schema_checks.findings import Finding, Level, Location
from schema_checks.key_targets import ResolvedConstraint
from schema_checks.rules import Detail, found

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report every key of the models that the database lacks or has otherwise."""
    for pair in comparison.pairs:
        if pair.is_table:
            primary = names_of(pair.model.primary_key.columns)
            yield from _primary_key(pair, primary, comparison)
            yield from _unique(pair, primary, comparison)
            yield from _foreign_keys(pair, comparison)


def _primary_key(pair: Pair, model: tuple[str, ...], comparison: Comparison) -> Iterator[Finding]:
    actual = next(iter(pair.actual.of_kind("p")), None)
    if actual is None:
        if model:
            message = f"{pair.name} has no primary key in the database; the model's is "
            at = comparison.at_table(pair)
            yield found("SC401", pair.name, message + _listed(model), at)
    elif actual.columns != model and set(actual.columns) != set(model):
        message = (
            f"the primary key of {pair.name} is {_listed(model)} in the model and "
            f"{_listed(actual.columns)} in the database"
        )
        yield found("SC402", pair.name, message, comparison.at_table(pair))


def _unique(pair: Pair, primary: tuple[str, ...], comparison: Comparison) -> Iterator[Finding]:
    """Compare by the indexes that keep plain columns unique in every row."""
    actual = [
        (frozenset(index.shape.keys), index)
        for index in pair.actual.indexes
        if index.shape.unique and index.is_plain
    ]
    wanted = {frozenset(primary)}
    for constraint in pair.model.constraints:
        if isinstance(constraint, UniqueConstraint):
            columns = names_of(constraint.columns)
            same = [index for names, index in actual if names == frozenset(columns)]
            wanted.add(frozenset(columns))
            yield from _unique_constraint(pair, (constraint, columns), same, comparison)
    wanted.update(
        frozenset(names_of(index.columns)) for index in pair.model.indexes if index.unique
    )
    for names, index in actual:
        if names not in wanted and not index.primary:
            listed = _listed(index.shape.keys)
            message = f"the database keeps {listed} of {pair.name} unique ({index.name})"
            text, at = f"{message}, and the model does not say so", comparison.at_table(pair)
            yield found("SC412", f"{pair.name}.{listed}", text, at)


def _unique_constraint(
    pair: Pair,
    model: tuple[UniqueConstraint, tuple[str, ...]],
    same: Sequence[CatalogIndex],
    comparison: Comparison,
) -> Iterator[Finding]:
    constraint, columns = model
    subject, at = f"{pair.name}.{_listed(columns)}", partial(_first_column, constraint, comparison)
    if not same:
        message = (
            f"{_listed(columns)} of {pair.name} is unique in the model and not in the database"
        )
        yield found("SC410", subject, message, at)
        return
    nulls = bool(constraint.dialect_kwargs.get("postgresql_nulls_not_distinct"))
    if all(index.shape.nulls_not_distinct != nulls for index in same):
        message = (
            f"{_listed(columns)} of {pair.name} allows {'one NULL' if nulls else 'many NULLs'} in "
            f"the model and {'many NULLs' if nulls else 'one NULL'} in the database"
        )
        yield found("SC411", subject, message, at)
    wanted = frozenset(columns)
    backing = [key for key in pair.actual.of_kind("u") if frozenset(key.columns) == wanted]
    if backing and all(bool(constraint.deferrable) != key.deferrable for key in backing):
        message = f"the unique constraint on {_listed(columns)} of {pair.name} " + _deferring(
            deferrable=bool(constraint.deferrable)
        )
        yield found("SC424", subject, message, at)


def _first_column(constraint: UniqueConstraint, comparison: Comparison) -> Location | None:
    return comparison.models.at_column(next(iter(constraint.columns)))


def _deferring(*, deferrable: bool) -> str:
    here, there = ("model", "database") if deferrable else ("database", "model")
    return f"is deferrable in the {here} and not in the {there}"


class Target(NamedTuple):
    """Where a model's foreign key points: schema and table, and the columns."""

    place: tuple[str, str]
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{'.'.join(self.place)}({_listed(self.columns)})"


def _foreign_keys(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    actual: dict[frozenset[str], list[CatalogConstraint]] = {}
    for key in pair.actual.of_kind("f"):
        actual.setdefault(frozenset(key.columns), []).append(key)
    relations, known = comparison.catalog.session.relations, set[frozenset[str]]()
    for resolved in comparison.models.keys_of(pair.model):
        columns = tuple([database_name(key.parent.name) for key in resolved.keys])
        known.add(frozenset(columns))
        candidates = actual.get(frozenset(columns), [])
        target = _target(resolved, comparison)
        if target is not None and target.place in relations:
            yield from _foreign_key(pair, (resolved, columns, target), candidates, comparison)
        # Otherwise foreign_keys.py or tables.py report it.
    for key in pair.actual.of_kind("f"):
        if frozenset(key.columns) not in known:
            yield from _extra_foreign_key(pair, key, comparison)


def _target(resolved: ResolvedConstraint, comparison: Comparison) -> Target | None:
    columns = []
    for key in resolved.keys:
        if key.column is None:
            return None
        columns.append(database_name(key.column.name))
    target = resolved.keys[0].target
    schema = comparison.translated(target.schema)
    return Target(comparison.catalog.resolve(schema, database_name(target.table)), tuple(columns))


def _foreign_key(
    pair: Pair,
    model: tuple[ResolvedConstraint, tuple[str, ...], Target],
    candidates: Sequence[CatalogConstraint],
    comparison: Comparison,
) -> Iterator[Finding]:
    resolved, columns, target = model
    subject = f"{pair.name}.{_listed(columns)}"
    for key in candidates:
        if _points_at(key, columns, target):
            yield from _actions(subject, resolved.constraint, key, comparison)
            return
    at = comparison.at_column(resolved.keys[0].parent)
    if not candidates:
        message = f"the database has no foreign key from {subject} to {target}"
        yield found("SC420", subject, message, at)
    else:
        other = candidates[0].reference
        actual = Target((other.schema, other.table), other.columns) if other else "nothing"
        message = f"{subject} refers to {target} in the model and to {actual} in the database"
        yield found("SC421", subject, message, at)


def _points_at(key: CatalogConstraint, columns: Sequence[str], target: Target) -> bool:
    reference = key.reference
    if reference is None or (reference.schema, reference.table) != target.place:
        return False
    if key.columns == columns and reference.columns == target.columns:
        return True
    return dict(zip(key.columns, reference.columns, strict=False)) == dict(
        zip(columns, target.columns, strict=False)
    )


def _actions(
    subject: str,
    constraint: ForeignKeyConstraint,
    actual: CatalogConstraint,
    comparison: Comparison,
) -> Iterator[Finding]:
    at = comparison.at_column(constraint.elements[0].parent)
    reference = actual.reference
    for verb, model, letter in (
        ("DELETE", constraint.ondelete, reference.on_delete if reference else "a"),
        ("UPDATE", constraint.onupdate, reference.on_update if reference else "a"),
    ):
        wanted = " ".join((model or "NO ACTION").upper().split()).partition(" (")[0]
        if wanted != ACTIONS[letter]:
            message = f"{subject}: ON {verb} is {wanted} in the model and {ACTIONS[letter]} in "
            yield found("SC422", subject, message + "the database", at)
    if not actual.validated:
        message = f"the foreign key {actual.name} on {subject} is NOT VALID"
        yield found("SC423", subject, message, at)
    initially = (constraint.initially or "").upper() == "DEFERRED"
    if bool(constraint.deferrable or initially) != actual.deferrable:
        deferrable = bool(constraint.deferrable or initially)
        yield found("SC424", subject, f"{subject} {_deferring(deferrable=deferrable)}", at)
    elif initially != actual.deferred:
        message = f"{subject} is checked at another moment: INITIALLY DEFERRED on one side only"
        yield found("SC424", subject, message, at)


def _extra_foreign_key(
    pair: Pair, key: CatalogConstraint, comparison: Comparison
) -> Iterator[Finding]:
    if key.reference is None:
        return
    subject = f"{pair.name}.{_listed(key.columns)}"
    place = f"{key.reference.schema}.{key.reference.table}"
    message = f"{subject} refers to {place} in the database only ({key.name})"
    level = None if pair.columns.keys() >= set(key.columns) else Level.INFO
    yield found("SC425", subject, message, comparison.at_table(pair), Detail(level=level))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
