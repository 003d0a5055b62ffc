"""Compares primary keys, unique constraints and foreign keys by what they do, not by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Column, UniqueConstraint

from schema_checks.catalog import CatalogConstraint, CatalogIndex, KeyReference
from schema_checks.comparison import Comparison, Pair, database_name, names_of
from schema_checks.findings import Finding, Level
from schema_checks.key_targets import ResolvedConstraint
from schema_checks.rules import Detail, found

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
LETTERS = {action: letter for letter, action in ACTIONS.items()}
MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}


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
    for unique_index in pair.model.indexes:
        if unique_index.unique:
            wanted.add(frozenset(names_of(unique_index.columns)))
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
    for code, difference in _unique_differences(pair, model, same):
        subject, at = f"{pair.name}.{_listed(columns)}", next(iter(constraint.columns))
        message = f"{_listed(columns)} of {pair.name} {difference}"
        yield found(code, subject, message, comparison.at_column(at))


def _unique_differences(
    pair: Pair, model: tuple[UniqueConstraint, tuple[str, ...]], same: Sequence[CatalogIndex]
) -> Iterator[tuple[str, str]]:
    constraint, columns = model
    if not same:
        yield "SC410", "is unique in the model and not in the database"
        return
    nulls = bool(constraint.dialect_options["postgresql"].get("nulls_not_distinct"))
    if all(index.shape.nulls_not_distinct != nulls for index in same):
        here, there = ("one NULL", "many NULLs") if nulls else ("many NULLs", "one NULL")
        yield "SC411", f"allows {here} in the model and {there} in the database"
    deferrable, wanted = bool(constraint.deferrable), frozenset(columns)
    backing = [key for key in pair.actual.of_kind("u") if frozenset(key.columns) == wanted]
    if backing and all(key.deferrable != deferrable for key in backing):
        yield "SC424", f"has a unique constraint that {_deferring(deferrable=deferrable)}"


def _deferring(*, deferrable: bool) -> str:
    here, there = ("model", "database") if deferrable else ("database", "model")
    return f"is deferrable in the {here} and not in the {there}"


class ModelKey(NamedTuple):
    """A foreign key of the model.

    Attributes:
        wanted: What the database must have, in the catalog's terms.
    """

    first: Column[object]
    wanted: CatalogConstraint
    reference: KeyReference


def _foreign_keys(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    actual = pair.actual.of_kind("f")
    behaviours = [key.behaviour for key in actual]
    known = set()
    for resolved in comparison.models.keys_of(pair.model):
        columns = tuple([database_name(key.key.parent.name) for key in resolved.keys])
        known.add(frozenset(columns))
        model = _read_key(resolved, columns, comparison)
        if model is not None and model.wanted.behaviour not in behaviours:
            yield from _foreign_key(pair, model, comparison)
    for one in actual:
        if frozenset(one.columns) not in known:
            yield from _extra_foreign_key(pair, one, comparison)


def _read_key(
    resolved: ResolvedConstraint, columns: tuple[str, ...], comparison: Comparison
) -> ModelKey | None:
    """Read a model's key; None where it dangles: foreign_keys.py and tables.py report that."""
    targets = []
    for key in resolved.keys:
        if key.column is None:
            return None
        targets.append(database_name(key.column.name))
    target = resolved.keys[0].target
    place = comparison.catalog.resolve(
        comparison.translated(target.schema), database_name(target.table)
    )
    if place not in comparison.catalog.session.relations:
        return None
    constraint = resolved.constraint
    reference = KeyReference(
        *place,
        tuple(targets),
        _letter(constraint.ondelete),
        _letter(constraint.onupdate),
        (constraint.match or "s")[0].lower(),
    )
    deferred = (constraint.initially or "").upper() == "DEFERRED"
    deferrable = bool(constraint.deferrable or deferred)
    wanted = CatalogConstraint(
        "", "f", columns, deferrable, deferred, validated=True, reference=reference, definition=None
    )
    return ModelKey(resolved.keys[0].parent, wanted, reference)


def _letter(action: str | None) -> str:
    """Return PostgreSQL's letter of an action; `SET NULL (column)` is SET NULL."""
    if action is None:
        return "a"
    return LETTERS.get(" ".join(action.upper().split()).partition(" (")[0], "?")


def _foreign_key(pair: Pair, model: ModelKey, comparison: Comparison) -> Iterator[Finding]:
    columns, reference = model.wanted.columns, model.reference
    subject = f"{pair.name}.{_listed(columns)}"
    wanted = frozenset(columns)
    candidates = [key for key in pair.actual.of_kind("f") if frozenset(key.columns) == wanted]
    for key in candidates:
        if key.reference is not None and _points_at(key, key.reference, model):
            yield from _behaviour(subject, (model, key, key.reference), comparison)
            return
    at = comparison.at_column(model.first)
    if not candidates:
        message = f"the database has no foreign key from {subject} to {_target(reference)}"
        yield found("SC420", subject, message, at)
    else:
        message = (
            f"{subject} refers to {_target(reference)} in the model and to "
            f"{_target(candidates[0].reference)} in the database"
        )
        yield found("SC421", subject, message, at)


def _target(reference: KeyReference | None) -> str:
    if reference is None:
        return "nothing"
    return f"{reference.schema}.{reference.table}({_listed(reference.columns)})"


def _points_at(key: CatalogConstraint, actual: KeyReference, model: ModelKey) -> bool:
    if (actual.schema, actual.table) != (model.reference.schema, model.reference.table):
        return False
    return dict(zip(key.columns, actual.columns, strict=False)) == dict(
        zip(model.wanted.columns, model.reference.columns, strict=False)
    )


def _behaviour(
    subject: str,
    keys: tuple[ModelKey, CatalogConstraint, KeyReference],
    comparison: Comparison,
) -> Iterator[Finding]:
    (first, wanted, model), key, actual = keys
    at = comparison.at_column(first)
    for code, clause, mine, other in (
        ("SC422", "ON DELETE is", _action(model.on_delete), _action(actual.on_delete)),
        ("SC422", "ON UPDATE is", _action(model.on_update), _action(actual.on_update)),
        ("SC426", "it is MATCH", MATCHES.get(model.match, "?"), MATCHES.get(actual.match, "?")),
    ):
        if mine != other:
            message = f"{subject}: {clause} {mine} in the model and {other} in the database"
            yield found(code, subject, message, at)
    if not key.validated:
        message = f"the foreign key {key.name} on {subject} is NOT VALID"
        yield found("SC423", subject, message, at)
    if wanted.deferrable != key.deferrable:
        yield found("SC424", subject, f"{subject} {_deferring(deferrable=wanted.deferrable)}", at)
    elif wanted.deferred != key.deferred:
        message = f"{subject} is checked at another moment: INITIALLY DEFERRED on one side only"
        yield found("SC424", subject, message, at)


def _action(letter: str) -> str:
    return ACTIONS.get(letter, "unknown")


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
