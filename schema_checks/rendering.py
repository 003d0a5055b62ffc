"""Writes types and expressions of the models as PostgreSQL text, the same for every driver.

SQLAlchemy's plain PostgreSQL dialect is used, not the connection's: psycopg's parameter style
doubles percent signs, and offline there is no connection.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Column, exc
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeDecorator, TypeEngine


@cache
def dialect() -> PGDialect:
    """Return the dialect everything is written with."""
    return PGDialect(paramstyle="named")  # type: ignore[no-untyped-call] # SQLAlchemy leaves it unannotated


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


def expression_text(expression: ClauseElement) -> str | None:
    """Return an expression with its values in place and its columns without their table."""
    options = {"literal_binds": True, "include_table": False}
    try:
        compiler = dialect().ddl_compiler(dialect(), None)  # type: ignore[arg-type] # as Alembic does
        return compiler.sql_compiler.process(expression, **options)
    except (exc.CompileError, AttributeError, NotImplementedError):
        return None


def default_text(column: Column[object]) -> str | None:
    """Return the server default as CREATE TABLE spells it, or None where there is none."""
    try:
        compiler = dialect().ddl_compiler(dialect(), None)  # type: ignore[arg-type] # as Alembic does
        return compiler.get_column_default_string(column)
    except (exc.CompileError, AttributeError, NotImplementedError):
        return None
