"""Compares indexes by what they hold; an index under another name is the same index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Index
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import TextClause, UnaryExpression

from schema_checks import expressions
from schema_checks.catalog import CatalogIndex
from schema_checks.comparison import Comparison, Pair, database_name
from schema_checks.expressions import Expression, Judge
from schema_checks.findings import Finding, Level
from schema_checks.rules import Detail, Place, found

DESCENDING, NULLS_FIRST = 1, 2  # the bits of pg_index.indoption


@dataclass(frozen=True, slots=True)
class ModelIndex:
    """An index of a model, in the catalog's terms.

    Attributes:
        keys: For each key part the column's name, or its expression.
        options: As `pg_index.indoption`; compared for B-trees only, since others have no order.
    """

    name: str
    method: str
    unique: bool
    keys: tuple[str | Expression, ...]
    options: tuple[int, ...]
    opclasses: tuple[str | None, ...]
    included: frozenset[str]
    predicate: Expression | None
    nulls_not_distinct: bool


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report indexes that the database lacks, has otherwise, or has in an unusable state."""
    for pair in comparison.pairs:
        if pair.actual.relation.kind == "v":
            continue
        for index in sorted(pair.model.indexes, key=lambda index: str(index.name)):
            yield from _index(pair, index, comparison)
        yield from _invalid(pair, comparison)


def _index(pair: Pair, index: Index, comparison: Comparison) -> Iterator[Finding]:
    model = read_index(index)
    judge = comparison.judge
    if any(next(_reasons(model, actual, judge), None) is None for actual in pair.actual.indexes):
        return
    subject, at = f"{pair.name}.{model.name}", _place(pair, model, comparison)
    reasons = {actual: list(_reasons(model, actual, judge)) for actual in pair.actual.indexes}
    namesake = next((one for one in reasons if one.name == database_name(model.name)), None)
    alike = namesake or _on_the_same_columns(model, reasons)
    level = Level.ERROR if model.unique else None
    if alike is None:
        message = f"the database's table {pair.name} has no index {model.name} on {_keys(model)}"
        yield found("SC430", subject, message, at, Detail(level=level))
        return
    message = f"the index {model.name} of {pair.name} differs: {'; '.join(reasons[alike])}"
    differs_in_unique = model.unique != alike.unique
    level = Level.ERROR if model.unique or differs_in_unique else None
    yield found("SC431", subject, message, at, Detail(level=level))


def _on_the_same_columns(
    model: ModelIndex, candidates: Iterable[CatalogIndex]
) -> CatalogIndex | None:
    if all(isinstance(key, Expression) for key in model.keys):
        return None  # nothing but its name could tell that it is meant to be the same
    return next((one for one in candidates if _same_keys(model, one)), None)


def read_index(index: Index) -> ModelIndex:
    """Read a model's index."""
    options = index.dialect_options["postgresql"]
    names = [expressions.plain_column(key) for key in index.expressions]
    spelled = iter(expressions.keys(index) if None in names else ())
    operator_classes = options["ops"] or {}
    return ModelIndex(
        name=str(index.name),
        method=(options["using"] or "btree").lower(),
        unique=bool(index.unique),
        keys=tuple(next(spelled) if name is None else database_name(name) for name in names),
        options=tuple(_order(key) for key in index.expressions),
        opclasses=tuple(operator_classes.get(_key(key)) for key in index.expressions)
        if operator_classes
        else (None,) * len(names),
        included=frozenset(
            one if isinstance(one, str) else one.name for one in options["include"] or ()
        ),
        predicate=expressions.predicate(index),
        nulls_not_distinct=bool(options.get("nulls_not_distinct")),
    )


def _key(key: object) -> str | None:
    """Return the key that `postgresql_ops` knows a part by."""
    return getattr(expressions.without_order(key), "key", None)


def _order(key: object) -> int:
    """Return the bits of a key part's order."""
    words = str(key).lower().split() if isinstance(key, TextClause) else []
    descending, nulls = "desc" in words, "first" in words if "nulls" in words else None
    while isinstance(key, UnaryExpression) and key.modifier is not None:
        if key.modifier is operators.desc_op:
            descending = True
        elif key.modifier is operators.nulls_first_op:
            nulls = True
        elif key.modifier is operators.nulls_last_op:
            nulls = False
        key = key.element
    first = descending if nulls is None else nulls  # PostgreSQL: DESC means NULLS FIRST
    return (DESCENDING if descending else 0) | (NULLS_FIRST if first else 0)


def _reasons(model: ModelIndex, actual: CatalogIndex, judge: Judge) -> Iterator[str]:
    if model.unique != actual.unique:
        yield f"{'unique' if model.unique else 'not unique'} in the model only"
    if model.method != actual.method:
        yield f"{model.method} in the model, {actual.method} in the database"
    if not _same_keys(model, actual) or _keys_differ(model, actual, judge):
        yield f"on {_keys(model)} in the model, on ({', '.join(actual.keys)}) in the database"
    elif model.method == "btree" and model.options != actual.options:
        yield "another direction or place of NULLs"
    if model.opclasses != actual.opclasses and any((*model.opclasses, *actual.opclasses)):
        yield "another operator class"
    if model.included != frozenset(actual.included):
        yield "another INCLUDE"
    yield from _predicate_reasons(model, actual, judge)
    if model.unique and model.nulls_not_distinct != actual.nulls_not_distinct:
        yield "NULLS NOT DISTINCT on one side only"


def _predicate_reasons(model: ModelIndex, actual: CatalogIndex, judge: Judge) -> Iterator[str]:
    if model.predicate is None or actual.predicate is None:
        if (model.predicate is None) != (actual.predicate is None):
            side = "database" if model.predicate is None else "model"
            yield f"partial in the {side} only"
    elif _same_keys(model, actual) and judge.differs(model.predicate, actual.predicate):
        yield f"WHERE {model.predicate.text} in the model, WHERE {actual.predicate} in the database"


def _same_keys(model: ModelIndex, actual: CatalogIndex) -> bool:
    """Tell whether the plain columns stand in the same places."""
    has_expressions = any(isinstance(key, Expression) for key in model.keys)
    if len(model.keys) != len(actual.keys) or has_expressions != actual.has_expressions:
        return False
    pairs = zip(model.keys, actual.keys, strict=True)
    return all(isinstance(key, Expression) or key == column for key, column in pairs)


def _keys_differ(model: ModelIndex, actual: CatalogIndex, judge: Judge) -> bool:
    pairs = zip(model.keys, actual.keys, strict=True)
    return any(isinstance(key, Expression) and judge.differs(key, text) for key, text in pairs)


def _keys(model: ModelIndex) -> str:
    return f"({', '.join(key if isinstance(key, str) else key.text for key in model.keys)})"


def _place(pair: Pair, model: ModelIndex, comparison: Comparison) -> Place:
    by_name = {name: column for column, name in pair.columns}
    named = [by_name[key] for key in model.keys if isinstance(key, str) and key in by_name]
    return comparison.at_column(named[0]) if named else comparison.at_table(pair)


def _invalid(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    for index in pair.actual.indexes:
        if not index.valid:
            message = f"the index {index.name} of {pair.name} is INVALID: its build did not finish"
            level = Level.ERROR if index.unique else None
            at = comparison.at_table(pair)
            yield found("SC432", f"{pair.name}.{index.name}", message, at, Detail(level=level))
