"""The expressions of a table's model, and the judgement whether the database's are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import CheckConstraint, Column, Computed, Index, Table
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, TextClause, UnaryExpression

from schema_checks import rendering
from schema_checks.spelling import same_meaning, same_or_moved

# `text("created_at DESC")` in an Index: a column all the same.
ORDERED_COLUMN = re.compile(
    r"^(?P<name>[a-z_][a-z0-9_]*)(?: (?:asc|desc))?(?: nulls (?:first|last))?$", re.IGNORECASE
)


class Expression(NamedTuple):
    """One expression of a model.

    Attributes:
        kind: check, exclusion, default, computed, predicate or key.
        owner: The column's or the index's name; for a CHECK or EXCLUDE its place among the
            table's.
        part: The key part of an index, counted from 0; 0 otherwise.
        text: As the model spells it.
    """

    table: str
    kind: str
    owner: str
    part: int
    text: str


@dataclass(slots=True)
class Judge:
    """Compares expressions: by PostgreSQL's own spelling where it has it, by words otherwise.

    Attributes:
        canonical: PostgreSQL's spelling of the model's expressions; empty in boot mode.
        unsure: The expressions that could not be decided; they are reported as not checked.
    """

    canonical: Mapping[Expression, str] = field(default_factory=dict)
    unsure: list[Expression] = field(default_factory=list)
    _asked: dict[Expression, bool] = field(default_factory=dict)
    _by_words: dict[tuple[str, str], bool | None] = field(default_factory=dict)

    def same(self, model: Expression, actual: str) -> bool | None:
        """Tell whether the database's text means the same; None where it cannot be told."""
        canonical = self.canonical.get(model) if self.canonical else None
        if canonical is not None and same_or_moved(canonical, actual):
            return True
        texts = (model.text, actual)
        if texts not in self._by_words:
            self._by_words[texts] = same_meaning(*texts)
        verdict = self._by_words[texts]
        if verdict is True or model not in self._asked:
            self._asked[model] = verdict is True
        return verdict if canonical is None else verdict is True

    @property
    def undecided(self) -> frozenset[Expression]:
        """The expressions that were compared and have no equal by their words alone."""
        return frozenset(model for model, is_settled in self._asked.items() if not is_settled)

    def differs(self, model: Expression, actual: str) -> bool:
        """Tell whether it surely differs; remember it where that cannot be told."""
        verdict = self.same(model, actual)
        if verdict is None:
            self.unsure.append(model)
        return verdict is False


def of_table(table: Table) -> Iterator[Expression]:
    """Yield every expression that a model's table holds."""
    yield from (expression for _, expression in (*checks(table), *exclusions(table)))
    for column in table.columns:
        yield from (item for item in (default(column), computed(column)) if item is not None)
    for index in table.indexes:
        yield from keys(index)
        where = predicate(index)
        if where is not None:
            yield where


def check_constraints(table: Table) -> list[CheckConstraint]:
    """Return the table's CHECKs that its CREATE TABLE holds on PostgreSQL, in a fixed order."""
    given = list(table.constraints)
    for column in table.columns:
        if column.constraints:  # a CHECK that was given to its column
            given += column.constraints
    found = [one for one in given if isinstance(one, CheckConstraint) and _is_created(one)]
    if len(found) < 2:  # noqa: PLR2004 - one needs no order
        return found
    return sorted(found, key=lambda constraint: (str(constraint.name), str(constraint.sqltext)))


def _is_created(constraint: CheckConstraint) -> bool:
    """Tell whether DDL is made of it: a native enum's or boolean's own CHECK is not."""
    rule = getattr(constraint, "_create_rule", None)
    return rule is None or bool(rule(rendering.ddl_compiler()))


def checks(table: Table) -> Iterator[tuple[CheckConstraint, Expression]]:
    """Yield the table's CHECKs with their conditions, in the order of `check_constraints`."""
    for place, constraint in enumerate(check_constraints(table)):
        text = rendering.expression_text(constraint.sqltext) or str(constraint.sqltext)
        yield constraint, Expression(table.fullname, "check", str(place), 0, text)


def exclusions(table: Table) -> Iterator[tuple[ExcludeConstraint, Expression]]:
    """Yield the table's EXCLUDE constraints, each spelled as in CREATE TABLE, without its name."""
    found = [one for one in table.constraints if isinstance(one, ExcludeConstraint)]
    if not found:
        return  # as nearly every table
    spelled = sorted(((rendering.exclusion_text(one), one) for one in found), key=itemgetter(0))
    for place, (text, constraint) in enumerate(spelled):
        yield constraint, Expression(table.fullname, "exclusion", str(place), 0, text)


def default(column: Column[object]) -> Expression | None:
    """Return the column's server default."""
    if column.server_default is None or column.identity is not None or column.computed is not None:
        return None
    text = rendering.default_text(column)
    return Expression(_table(column), "default", column.name, 0, text) if text else None


def computed(column: Column[object]) -> Expression | None:
    """Return what a generated column is computed from."""
    rule: Computed | None = column.computed
    if rule is None:
        return None
    text = rendering.expression_text(rule.sqltext)
    return Expression(_table(column), "computed", column.name, 0, text) if text else None


def _table(column: Column[object]) -> str:
    return column.table.fullname


def predicate(index: Index) -> Expression | None:
    """Return the condition of a partial index."""
    where = index.dialect_options["postgresql"]["where"]
    if where is None or index.table is None:
        return None
    text = rendering.expression_text(where) if isinstance(where, ClauseElement) else str(where)
    return Expression(index.table.fullname, "predicate", str(index.name), 0, text or str(where))


def keys(index: Index) -> Iterator[Expression]:
    """Yield the key parts of an index that are expressions, not columns."""
    if index.table is None:
        return
    for place, key in enumerate(index.expressions):
        if plain_column(key) is None:
            bare = without_order(key)
            written = rendering.expression_text(bare) if isinstance(bare, ClauseElement) else None
            text = written or str(bare)
            yield Expression(index.table.fullname, "key", str(index.name), place, text)


def plain_column(key: object) -> str | None:
    """Return the name of the column that a key part is, or None where it is an expression."""
    bare = without_order(key)
    if isinstance(bare, ColumnClause) and not bare.is_literal:
        return str(bare.name)
    match = ORDERED_COLUMN.match(str(bare)) if isinstance(bare, TextClause | str) else None
    return match["name"] if match else None


def without_order(key: object) -> object:
    """Return a key part without DESC and NULLS FIRST."""
    while isinstance(key, UnaryExpression) and key.modifier is not None:
        key = key.element
    return key
