"""Writes types and expressions of the models as PostgreSQL text, the same for every driver.

SQLAlchemy's plain PostgreSQL dialect is used, not the connection's: psycopg's parameter style
doubles percent signs, and offline there is no connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, exc
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN, ExcludeConstraint
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.sql.elements import ClauseElement, TextClause
from sqlalchemy.sql.functions import now
from sqlalchemy.types import Enum, TypeDecorator, TypeEngine

from schema_checks.column_types import Spelled, read_type


@cache
def dialect() -> PGDialect:
    """Return the dialect everything is written with."""
    return PGDialect(paramstyle="named")  # type: ignore[no-untyped-call] # SQLAlchemy leaves it unannotated


@cache
def ddl_compiler() -> DDLCompiler:
    """Return the compiler of that dialect's CREATE statements."""
    return dialect().ddl_compiler(dialect(), None)  # type: ignore[arg-type] # as Alembic does


def type_text(type_: TypeEngine[object]) -> str | None:
    """Return the type as CREATE TABLE spells it, or None where it cannot be written."""
    try:
        return type_.compile(dialect=dialect())
    except (exc.CompileError, exc.UnsupportedCompilationError, AttributeError, NotImplementedError):
        return None


def plain_type(type_: TypeEngine[object]) -> TypeEngine[object]:
    """Return the type below variants and TypeDecorators, as PostgreSQL's dialect sees it."""
    plain = type_.dialect_impl(dialect())
    while isinstance(plain, TypeDecorator):
        plain = plain.type_engine(dialect())
    return plain


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What the checks ask of a model's type.

    Attributes:
        text: As CREATE TABLE spells it; None where PostgreSQL has no such type.
        spelled: The text, read; None with it.
        plain: The type below variants and TypeDecorators.
        enum: The native enum that it is, or that its array holds.
        collation: The collation that it names.
        below_domain: Where it is a domain: the type below, read.
    """

    text: str | None
    spelled: Spelled | None
    plain: TypeEngine[object]
    enum: Enum | None
    collation: str | None
    below_domain: Spelled | None


class TypeBook:
    """The facts of every type that was asked for; types of equal class and state share them."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], TypeFacts] = {}
        self._by_id: dict[int, tuple[TypeEngine[Any], TypeFacts]] = {}

    def facts(self, type_: TypeEngine[Any]) -> TypeFacts:
        """Return a type's facts."""
        if type(type_) is Enum:  # holds its labels in a list, and more lists
            shown = (type_.name, type_.schema, type_.length, type_.collation)
            state: tuple[object, ...] = (Enum, type_.native_enum, *shown, *type_.enums)
        else:
            attributes = vars(type_)
            state = (type(type_), *attributes, *attributes.values())
        try:
            return self._known[state]
        except KeyError:
            return self._known.setdefault(state, _facts(type_))
        except TypeError:  # a type of the program's own, with a state that cannot be hashed
            return self._same_object(type_)

    def _same_object(self, type_: TypeEngine[Any]) -> TypeFacts:
        held = self._by_id.get(id(type_))
        if held is None:
            held = self._by_id[id(type_)] = (type_, _facts(type_))
        return held[1]


def _facts(type_: TypeEngine[object]) -> TypeFacts:
    text, plain = type_text(type_), plain_type(type_)
    item = plain_type(plain.item_type) if isinstance(plain, ARRAY) else plain
    below = type_text(plain.data_type) if isinstance(plain, DOMAIN) else None
    return TypeFacts(
        text=text,
        spelled=None if text is None else read_type(text),
        plain=plain,
        enum=item if isinstance(item, Enum) and item.native_enum else None,
        collation=getattr(plain, "collation", None),
        below_domain=None if below is None else read_type(below),
    )


def expression_text(expression: ClauseElement) -> str | None:
    """Return an expression with its values in place and its columns without their table."""
    if _is_verbatim(expression):
        return str(expression.text).replace("\\:", ":")  # type: ignore[attr-defined] # a TextClause
    options = {"literal_binds": True, "include_table": False}
    try:
        return ddl_compiler().sql_compiler.process(expression, **options)
    except (exc.CompileError, AttributeError, NotImplementedError):
        return None


def exclusion_text(constraint: ExcludeConstraint) -> str:
    """Return an EXCLUDE constraint as CREATE TABLE spells it, from that word on."""
    try:
        text = str(ddl_compiler().process(constraint))
    except (exc.CompileError, AttributeError, NotImplementedError):
        return f"EXCLUDE ({', '.join(constraint.columns.keys())})"
    return text[text.index("EXCLUDE USING ") :]


def _is_verbatim(expression: object) -> bool:
    return isinstance(expression, TextClause) and not expression._bindparams  # noqa: SLF001 - only a shortcut past the compiler


def default_text(column: Column[object]) -> str | None:
    """Return the server default as CREATE TABLE spells it, or None where there is none."""
    given = getattr(column.server_default, "arg", None)
    if isinstance(given, str):  # SQLAlchemy 2.0 would double backslashes without a connection
        doubled = given.replace("'", "''")
        return f"'{doubled}'"
    if isinstance(given, now):
        return "now()"
    if isinstance(given, ClauseElement) and _is_verbatim(given):
        return expression_text(given)
    try:
        return ddl_compiler().get_column_default_string(column)
    except (exc.CompileError, AttributeError, NotImplementedError):
        return None
