"""Compares indexes by what they hold; an index under another name is the same index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnClause, TextClause, UnaryExpression

from schema_checks import expressions
from schema_checks.catalog import CatalogIndex, IndexShape
from schema_checks.comparison import Comparison, Pair, database_name, names_of
from schema_checks.expressions import Expression, Judge
from schema_checks.findings import Finding, Level
from schema_checks.rules import Detail, Place, found

DESCENDING, NULLS_FIRST = 1, 2  # the bits of pg_index.indoption


@dataclass(frozen=True, slots=True)
class ModelIndex:
    """An index of a model, in the catalog's terms.

    Attributes:
        keys: For each key part the column's name, or its expression.
        shape: What else it holds; its keys are those that are columns.
    """

    name: str
    keys: tuple[str | Expression, ...]
    predicate: Expression | None
    shape: IndexShape

    @property
    def is_plain(self) -> bool:
        """Tell whether its shape alone says what it holds."""
        return self.predicate is None and len(self.shape.keys) == len(self.keys)


def check(comparison: Comparison) -> Iterator[Finding]:
    """Report indexes that the database lacks, has otherwise, or has in an unusable state."""
    for pair in comparison.pairs:
        if pair.actual.relation.kind == "v":
            continue
        plain = {index.shape for index in pair.actual.indexes if index.is_plain}
        for index in pair.model.indexes:
            model = read_index(index)
            if not (model.is_plain and model.shape in plain):
                yield from _index(pair, model, comparison)
        yield from _invalid(pair, comparison)


def _index(pair: Pair, model: ModelIndex, comparison: Comparison) -> Iterator[Finding]:
    judge, candidates = comparison.judge, pair.actual.indexes
    if any(next(_reasons(model, actual, judge), None) is None for actual in candidates):
        return
    subject, at = f"{pair.name}.{model.name}", _place(pair, model, comparison)
    namesake = (one for one in candidates if one.name == database_name(model.name))
    alike = next(namesake, None) or _on_the_same_columns(model, candidates)
    level = Level.ERROR if model.shape.unique else None
    if alike is None:
        message = f"the database's table {pair.name} has no index {model.name} on {_keys(model)}"
        yield found("SC430", subject, message, at, Detail(level=level))
        return
    reasons = "; ".join(_reasons(model, alike, judge))
    level = Level.ERROR if model.shape.unique or alike.shape.unique else None
    message = f"the index {model.name} of {pair.name} differs: {reasons}"
    yield found("SC431", subject, message, at, Detail(level=level))


def _on_the_same_columns(
    model: ModelIndex, candidates: Iterable[CatalogIndex]
) -> CatalogIndex | None:
    if all(isinstance(key, Expression) for key in model.keys):
        return None  # nothing but its name could tell that it is meant to be the same
    return next((one for one in candidates if _same_keys(model, one)), None)


def read_index(index: Index) -> ModelIndex:
    """Read a model's index."""
    given = dict(index.dialect_kwargs)  # only what was said: most indexes have none
    parts: Sequence[object] = index.expressions
    columns = [part for part in parts if isinstance(part, Column)]
    if not given and len(columns) == len(parts):
        keys, order = names_of(columns), (0,) * len(columns)
        shape = IndexShape("btree", bool(index.unique), keys, order)
        return ModelIndex(str(index.name), keys, None, shape)
    return _read_special(index, parts, given)


def _read_special(index: Index, parts: Sequence[object], given: Mapping[str, Any]) -> ModelIndex:
    names = [expressions.plain_column(part) for part in parts]
    spelled = iter(expressions.keys(index) if None in names else ())
    keys = tuple([next(spelled) if name is None else database_name(name) for name in names])
    method = (given.get("postgresql_using") or "btree").lower()
    shape = IndexShape(
        method=method,
        unique=bool(index.unique),
        keys=tuple([key for key in keys if isinstance(key, str)]),
        options=tuple([_order(part) for part in parts]) if method == "btree" else (),
        opclasses=_opclasses(parts, given.get("postgresql_ops") or {}),
        included=_included(given.get("postgresql_include") or ()),
        nulls_not_distinct=bool(index.unique and given.get("postgresql_nulls_not_distinct")),
    )
    predicate = expressions.predicate(index) if "postgresql_where" in given else None
    return ModelIndex(str(index.name), keys, predicate, shape)


def _opclasses(parts: Iterable[object], given: Mapping[str, str]) -> tuple[str | None, ...]:
    named = tuple([given.get(_key(part) or "") for part in parts]) if given else ()
    return named if any(named) else ()


def _included(given: Iterable[str | Column[object]]) -> tuple[str, ...]:
    return tuple(sorted(one if isinstance(one, str) else one.name for one in given))


def _key(key: object) -> str | None:
    """Return the key that `postgresql_ops` knows a part by."""
    return getattr(expressions.without_order(key), "key", None)


def _order(part: object) -> int:
    """Return the bits of a key part's order."""
    if isinstance(part, ColumnClause):
        return 0
    words = str(part).lower().split() if isinstance(part, TextClause) else []
    descending, nulls = "desc" in words, "first" in words if "nulls" in words else None
    while isinstance(part, UnaryExpression) and part.modifier is not None:
        if part.modifier is operators.desc_op:
            descending = True
        elif part.modifier is operators.nulls_first_op:
            nulls = True
        elif part.modifier is operators.nulls_last_op:
            nulls = False
        part = part.element
    first = descending if nulls is None else nulls  # PostgreSQL: DESC means NULLS FIRST
    return (DESCENDING if descending else 0) | (NULLS_FIRST if first else 0)


def _reasons(model: ModelIndex, index: CatalogIndex, judge: Judge) -> Iterator[str]:
    wanted, actual = model.shape, index.shape
    if wanted.unique != actual.unique:
        yield f"unique in the {'model' if wanted.unique else 'database'} only"
    if wanted.method != actual.method:
        yield f"{wanted.method} in the model, {actual.method} in the database"
    if not _same_keys(model, index) or _keys_differ(model, index, judge):
        yield f"on {_keys(model)} in the model, on ({', '.join(actual.keys)}) in the database"
    elif wanted.options != actual.options:
        yield "another direction or place of NULLs"
    if wanted.opclasses != actual.opclasses:
        yield "another operator class"
    if wanted.included != actual.included:
        yield "another INCLUDE"
    yield from _predicate_reasons(model, index, judge)
    if wanted.nulls_not_distinct != actual.nulls_not_distinct:
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
    if len(model.keys) != len(actual.shape.keys) or has_expressions != actual.has_expressions:
        return False
    pairs = zip(model.keys, actual.shape.keys, strict=True)
    return all(isinstance(key, Expression) or key == column for key, column in pairs)


def _keys_differ(model: ModelIndex, actual: CatalogIndex, judge: Judge) -> bool:
    pairs = zip(model.keys, actual.shape.keys, strict=True)
    return any(isinstance(key, Expression) and judge.differs(key, text) for key, text in pairs)


def _keys(model: ModelIndex) -> str:
    return f"({', '.join(key if isinstance(key, str) else key.text for key in model.keys)})"


def _place(pair: Pair, model: ModelIndex, comparison: Comparison) -> Place:
    named = [pair.columns[key] for key in model.shape.keys if key in pair.columns]
    return comparison.at_column(named[0]) if named else comparison.at_table(pair)


def _invalid(pair: Pair, comparison: Comparison) -> Iterator[Finding]:
    for index in pair.actual.indexes:
        if not index.valid:
            message = f"the index {index.name} of {pair.name} is INVALID: its build did not finish"
            level = Level.ERROR if index.shape.unique else None
            at = comparison.at_table(pair)
            yield found("SC432", f"{pair.name}.{index.name}", message, at, Detail(level=level))
