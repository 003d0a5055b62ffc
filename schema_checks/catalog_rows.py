"""Turns the rows of the catalog queries into frozen types.

The queries write what few rows differ in as one text, the row's traits; each distinct text is
read once here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any, NamedTuple

from schema_checks.catalog import (
    CatalogColumn,
    CatalogConstraint,
    CatalogIndex,
    CatalogTable,
    CatalogType,
    IndexShape,
    KeyReference,
    Relation,
    Session,
)
from schema_checks.column_types import read_type


@dataclass(slots=True)
class _Parts:
    columns: dict[str, CatalogColumn] = field(default_factory=dict)
    constraints: dict[str, list[CatalogConstraint]] = field(default_factory=dict)
    indexes: list[CatalogIndex] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)


Parts = Mapping[int, _Parts]
Rows = Sequence[Sequence[Any] | None]


def read_tables(
    answers: Sequence[Any], session: Session, relations: Sequence[Relation]
) -> dict[tuple[str, str], CatalogTable]:
    """Read what `catalog_queries.details` answered, already parsed as JSON."""
    columns, defaults, types, constraints, indexes, opclasses = answers
    parts: dict[int, _Parts] = defaultdict(_Parts)
    texts = {(oid, number): text for oid, number, text in rows(defaults)}
    _read_columns(columns, texts, dict(starmap(_type, types or ())), parts)
    _read_constraints(constraints, session, parts)
    _read_indexes(indexes, opclasses or {}, parts)
    tables = {}
    for relation in relations:
        part = parts[relation.oid]
        tables[relation.schema, relation.name] = CatalogTable(
            relation, part.columns, part.constraints, part.indexes
        )
    return tables


def rows(attributes: Rows) -> Iterator[tuple[Any, ...]]:
    """Turn the columnar JSON into rows; without rows every attribute is null."""
    return zip(*(attribute or () for attribute in attributes), strict=True)


class _TypeRow(NamedTuple):
    """A type with what its columns take from it unless they have their own."""

    type: CatalogType
    collation: str | None
    not_null: bool
    default: str | None


def _type(key: str, *rest: Any) -> tuple[str, _TypeRow]:
    collation, not_null, default, spelled, schema, name, kind, base, element, labels = rest
    element = tuple(element) if element else None
    labels = tuple(labels or ())
    known = CatalogType(spelled, read_type(spelled), schema, name, kind, base, element, labels)
    return key, _TypeRow(known, collation, not_null, default)


ColumnTraits = tuple[CatalogType, bool, str, str, str | None]


def _read_columns(
    attributes: Rows,
    defaults: Mapping[tuple[int, int], str],
    types: Mapping[str, _TypeRow],
    parts: Parts,
) -> None:
    known: dict[str, tuple[str | None, ColumnTraits]] = {}
    for oid, number, name, traits in rows(attributes):
        if traits not in known:
            known[traits] = _column_traits(traits, types)
        default, rest = known[traits]
        part = parts[oid]
        part.names[number] = name
        part.columns[name] = CatalogColumn(name, defaults.get((oid, number), default), *rest)


def _column_traits(traits: str, types: Mapping[str, _TypeRow]) -> tuple[str | None, ColumnTraits]:
    """Return the default that the column's domain gives, and what columns of a kind share."""
    key, not_null, identity, generated = traits.rsplit("/", 3)
    of = types[key]
    return of.default, (of.type, not_null == "t" or of.not_null, identity, generated, of.collation)


class _ConstraintTraits(NamedTuple):
    kind: str
    deferrable: bool
    deferred: bool
    validated: bool
    on_delete: str
    on_update: str
    match: str
    columns: tuple[int, ...]
    target_columns: tuple[int, ...]


def _constraint_traits(traits: str) -> _ConstraintTraits:
    kind, deferrable, deferred, validated, on_delete, on_update, match, own, target = traits.split(
        "/"
    )
    return _ConstraintTraits(
        kind,
        deferrable == "t",
        deferred == "t",
        validated == "t",
        on_delete,
        on_update,
        match,
        _numbers(own),
        _numbers(target),
    )


def _numbers(text: str) -> tuple[int, ...]:
    """Read PostgreSQL's text of an int2[] (`{1,2}`) or an int2vector (`1 2`)."""
    return tuple(int(part) for part in text.strip("{}").replace(",", " ").split())


def _read_constraints(attributes: Rows, session: Session, parts: Parts) -> None:
    relations = {relation.oid: relation for relation in session.relations.values()}
    known: dict[str, _ConstraintTraits] = {}
    for oid, name, target, text, definition in rows(attributes):
        if text not in known:
            known[text] = _constraint_traits(text)
        traits, part = known[text], parts[oid]
        constraint = CatalogConstraint(
            name,
            traits.kind,
            tuple([part.names.get(number, "?") for number in traits.columns]),
            traits.deferrable,
            traits.deferred,
            traits.validated,
            _reference(traits, relations.get(target), parts) if target else None,
            definition,
        )
        part.constraints.setdefault(traits.kind, []).append(constraint)


def _reference(traits: _ConstraintTraits, target: Relation | None, parts: Parts) -> KeyReference:
    names = parts[target.oid].names if target is not None and target.oid in parts else {}
    return KeyReference(
        target.schema if target else "?",
        target.name if target else "?",
        tuple([names.get(number, "?") for number in traits.target_columns]),
        traits.on_delete,
        traits.on_update,
        traits.match,
    )


class _IndexTraits(NamedTuple):
    unique: bool
    primary: bool
    valid: bool
    nulls_not_distinct: bool
    key_count: int
    columns: tuple[int, ...]
    options: tuple[int, ...]
    opclasses: tuple[str | None, ...]
    method: str


def _index_traits(traits: str, opclasses: Mapping[str, str]) -> _IndexTraits:
    unique, primary, valid, nulls, count, columns, options, classes, method = traits.split("/", 8)
    named = tuple(opclasses.get(oid) for oid in classes.split())
    return _IndexTraits(
        unique == "t",
        primary == "t",
        valid == "t",
        nulls in {"t", "true"} and unique == "t",
        int(count),
        _numbers(columns),
        _numbers(options) if method == "btree" else (),
        named if any(named) else (),
        method,
    )


def _read_indexes(attributes: Rows, opclasses: Mapping[str, str], parts: Parts) -> None:
    known: dict[str, _IndexTraits] = {}
    for oid, name, text, predicate, expressions in rows(attributes):
        if text not in known:
            known[text] = _index_traits(text, opclasses)
        traits, part = known[text], parts[oid]
        named = [part.names.get(number, "") for number in traits.columns]
        keys, included = named[: traits.key_count], named[traits.key_count :]
        if expressions:
            keys = [own or written for own, written in zip(keys, expressions, strict=True)]
        shape = IndexShape(
            traits.method,
            traits.unique,
            tuple(keys),
            traits.options,
            traits.opclasses,
            tuple(sorted(included)),
            traits.nulls_not_distinct,
        )
        part.indexes.append(
            CatalogIndex(name, traits.primary, traits.valid, bool(expressions), predicate, shape)
        )
