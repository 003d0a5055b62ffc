"""Finds columns that work and still go wrong: naive timestamps, shared and frozen defaults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.types import DateTime, TypeEngine

from schema_checks.discovery import Models
from schema_checks.findings import Finding
from schema_checks.rendering import TypeBook
from schema_checks.rules import found


def check(models: Models) -> Iterator[Finding]:
    """Report columns whose type or default surprises at run time."""
    for table in models.tables:
        for column in table.columns:
            if (
                column.default is not None
                or column.onupdate is not None
                or isinstance(column.type, DateTime)
            ):
                for code, message in _hazards(column, models.types):
                    subject = f"{table.fullname}.{column.name}"
                    yield found(code, subject, f"{subject} {message}", models.at_column(column))


def _hazards(column: Column[object], types: TypeBook) -> Iterator[tuple[str, str]]:
    # A TypeDecorator over a naive timestamp is how a program converts on its own terms.
    if isinstance(column.type, DateTime) and _is_naive(types.facts(column.type).plain):
        yield "SC130", "is a timestamp without time zone"
    for default in (column.default, column.onupdate):
        if default is None or not default.is_scalar:
            continue
        value = getattr(default, "arg", None)
        if isinstance(value, list | dict | set | bytearray):
            yield "SC131", f"has one {type(value).__name__} as default, shared by all rows"
        elif _is_of_this_moment(value):
            yield "SC132", f"has the default {value}, computed when the module was imported"


def _is_naive(plain: TypeEngine[Any]) -> bool:
    return isinstance(plain, DateTime) and not plain.timezone


def _is_of_this_moment(value: object) -> bool:
    """Tell a computed value from a constant: `now()` has microseconds, `uuid4()` a version."""
    if isinstance(value, datetime):
        return value.microsecond != 0
    return isinstance(value, UUID) and value.version is not None
