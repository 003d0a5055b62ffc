"""Compares primary keys, unique constraints and foreign keys by what they do, not by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint

from schema_checks.catalog import VIEW_KINDS, CatalogConstraint, CatalogIndex, CatalogTable
from schema_checks.comparison import Comparison, Pair, database_name
from schema_checks.findings import Finding, Level
from schema_checks.foreign_keys import target_column, target_of
from schema_checks.rules import Detail, found

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report every key of the models that the database lacks or has otherwise."""
    for pair in comparison.pairs:
        if pair.actual.relation.kind not in VIEW_KINDS and not pair.is_view:
            yield from _primary_key(pair, comparison)
            yield from _unique(pair, comparison)
            yield from _foreign_keys(pair, comparison)
            yield from _extra_foreign_keys(pair, comparison)


def _primary_key(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    model = [database_name(column.name) for column in pair.model.primary_key.columns]
    actual = next((key for key in pair.actual.constraints if key.kind == "p"), None)
    at = comparison.at_table(pair)
    if actual is None and model:
        message = f"{pair.name} has no primary key in the database; the model's is {_listed(model)}"
        yield found("SC401", pair.name, message, at)
    elif actual is not None and set(actual.columns) != set(model):
        message = (
            f"the primary key of {pair.name} is {_listed(model)} in the model and "
            f"{_listed(actual.columns)} in the database"
        )
        yield found("SC402", pair.name, message, at)


def unique_indexes(table: CatalogTable) -> Iterator[CatalogIndex]:
    """Yield the indexes that keep plain columns unique in every row."""
    for index in table.indexes:
        if index.unique and index.predicate is None and not index.has_expressions:
            yield index


def _unique(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    for constraint in pair.model.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield from _unique_constraint(pair, constraint, comparison)
    wanted = {
        frozenset(database_name(column.name) for column in part.columns)
        for part in (*pair.model.constraints, *pair.model.indexes)
        if isinstance(part, UniqueConstraint) or (isinstance(part, Index) and part.unique)
    }
    wanted.add(frozenset(database_name(column.name) for column in pair.model.primary_key.columns))
    for index in unique_indexes(pair.actual):
        if not index.primary and frozenset(index.keys) not in wanted:
            message = (
                f"the database keeps {_listed(index.keys)} of {pair.name} unique ({index.name})"
            )
            text = f"{message}, and the model does not say so"
            yield found(
                "SC412", f"{pair.name}.{_listed(index.keys)}", text, comparison.at_table(pair)
            )


def _unique_constraint(
    pair: Pair, constraint: UniqueConstraint, comparison: Comparison
) -> Iterator[Finding]:
    columns = [database_name(column.name) for column in constraint.columns]
    same = [index for index in unique_indexes(pair.actual) if set(index.keys) == set(columns)]
    subject = f"{pair.name}.{_listed(columns)}"
    at = comparison.at_column(next(iter(constraint.columns)))
    if not same:
        message = (
            f"{_listed(columns)} of {pair.name} is unique in the model and not in the database"
        )
        yield found("SC410", subject, message, at)
        return
    nulls = bool(constraint.dialect_options["postgresql"].get("nulls_not_distinct"))
    if all(index.nulls_not_distinct != nulls for index in same):
        message = (
            f"{_listed(columns)} of {pair.name} allows {'one NULL' if nulls else 'many NULLs'} in "
            f"the model and {'many NULLs' if nulls else 'one NULL'} in the database"
        )
        yield found("SC411", subject, message, at)
    backing = [key for key in pair.actual.constraints if key.kind == "u"
               and set(key.columns) == set(columns)]  # fmt: skip
    if backing and all(bool(constraint.deferrable) != key.deferrable for key in backing):
        message = f"the unique constraint on {_listed(columns)} of {pair.name} " + _deferring(
            deferrable=bool(constraint.deferrable)
        )
        yield found("SC424", subject, message, at)


def _deferring(*, deferrable: bool) -> str:
    here, there = ("model", "database") if deferrable else ("database", "model")
    return f"is deferrable in the {here} and not in the {there}"


def _foreign_keys(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    for constraint in sorted(
        pair.model.foreign_key_constraints,
        key=lambda one: [key.parent.name for key in one.elements],
    ):
        target = _target(constraint, comparison)
        relations = comparison.catalog.session.relations
        if target is None or target[0] not in relations:
            continue  # foreign_keys.py and tables.py report that
        columns = [database_name(key.parent.name) for key in constraint.elements]
        candidates = [
            key
            for key in pair.actual.constraints
            if key.kind == "f" and set(key.columns) == set(columns)
        ]
        yield from _foreign_key(pair, (constraint, target), candidates, comparison)


Target = tuple[tuple[str, str], tuple[str, ...]]


def _target(constraint: ForeignKeyConstraint, comparison: Comparison) -> Target | None:
    columns = []
    for key in constraint.elements:
        column = target_column(key)
        if column is None:
            return None
        columns.append(database_name(column.name))
    target = target_of(constraint.elements[0])
    schema = comparison.translated(target.schema)
    return comparison.catalog.resolve(schema, database_name(target.table)), tuple(columns)


def _foreign_key(
    pair: Pair,
    model: tuple[ForeignKeyConstraint, Target],
    candidates: Sequence[CatalogConstraint],
    comparison: Comparison,
) -> Iterator[Finding]:
    constraint, target = model
    columns = [database_name(key.parent.name) for key in constraint.elements]
    subject = f"{pair.name}.{_listed(columns)}"
    at = comparison.at_column(constraint.elements[0].parent)
    place = f"{'.'.join(target[0])}({_listed(target[1])})"
    same = [key for key in candidates if _points_at(key, columns, target)]
    if same:
        yield from _actions(subject, constraint, same[0], comparison)
    elif not candidates:
        message = f"the database has no foreign key from {subject} to {place}"
        yield found("SC420", subject, message, at)
    else:
        other = candidates[0].reference
        actual = f"{other.schema}.{other.table}({_listed(other.columns)})" if other else "nothing"
        message = f"{subject} refers to {place} in the model and to {actual} in the database"
        yield found("SC421", subject, message, at)


def _points_at(key: CatalogConstraint, columns: Sequence[str], target: Target) -> bool:
    reference = key.reference
    if reference is None or (reference.schema, reference.table) != target[0]:
        return False
    return dict(zip(key.columns, reference.columns, strict=False)) == dict(
        zip(columns, target[1], strict=False)
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


def _extra_foreign_keys(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    known = {
        frozenset(database_name(key.parent.name) for key in constraint.elements)
        for constraint in pair.model.foreign_key_constraints
    }
    modelled = {name for _, name in pair.columns}
    for key in pair.actual.constraints:
        if key.kind != "f" or frozenset(key.columns) in known or key.reference is None:
            continue
        subject = f"{pair.name}.{_listed(key.columns)}"
        place = f"{key.reference.schema}.{key.reference.table}"
        message = f"{subject} refers to {place} in the database only ({key.name})"
        level = None if modelled.issuperset(key.columns) else Level.INFO
        yield found("SC425", subject, message, comparison.at_table(pair), Detail(level=level))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
