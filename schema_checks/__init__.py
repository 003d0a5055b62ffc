"""Finds every fault between SQLAlchemy models and their database, before anything runs.

::

    from schema_checks import run_checks

    with engine.connect() as connection:
        run_checks("app.models", connection).raise_for_errors()

    async with async_engine.connect() as connection:  # asyncpg, psycopg
        report = await connection.run_sync(lambda sync: run_checks(Base, sync))

It imports SQLAlchemy and the standard library only. Live checks are for PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from sqlalchemy import Connection

from schema_checks import bases, foreign_keys, mappers, tables
from schema_checks.comparison import Scope, compare
from schema_checks.discovery import Models, discover
from schema_checks.errors import CannotCheckError, SchemaCheckError
from schema_checks.findings import Finding, Level, Location, Report, Skipped

__all__ = [
    "CannotCheckError",
    "Finding",
    "Level",
    "Location",
    "Report",
    "SchemaCheckError",
    "Skipped",
    "run_checks",
]

Mode = Literal["boot", "deep"]
OFFLINE_CHECKS = (foreign_keys.check, bases.check)
LIVE_CHECKS = (tables.check,)


def run_checks(  # noqa: PLR0913 - the whole choice of a caller, by keyword
    target: object,
    connection: Connection | None = None,
    *,
    mode: Mode = "boot",
    schemas: Collection[str | None] | None = None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
) -> Report:
    """Check models, and the database where a connection is given; return all findings at once.

    Importing and configuring happens once; nothing is raised for what is wrong with the models
    or the database. The connection is left as it was: boot mode writes nothing.

    Args:
        target: A declarative base, a registry, a MetaData, a Table, a module or its name
            (`package.module` or `package.module:Base`), or a list of them.
        connection: An open SQLAlchemy connection to PostgreSQL; an async user calls this
            function through `AsyncConnection.run_sync`. None leaves the database unchecked.
        mode: "boot" reads the catalog; "deep" also compares expressions by PostgreSQL's own
            spelling, through temporary tables that are rolled back.
        schemas: Compare only tables of these schemas; None in it is the search path.
        include: Compare only tables that match one of these patterns (`users`, `billing.*`).
        exclude: Leave out tables that match one of these patterns.

    Raises:
        TypeError: The target is none of these.
    """
    models = discover(target)
    findings, skipped = _offline(models)
    if mode == "deep":
        skipped.append(Skipped("expressions", "deep mode is not built yet", blocking=True))
    if connection is None:
        skipped.append(Skipped("the database", "no connection was given", blocking=False))
    elif connection.dialect.name != "postgresql":
        reason = f"live checks are for PostgreSQL, not for {connection.dialect.name}"
        skipped.append(Skipped("the database", reason, blocking=True))
    else:
        scope = Scope(
            None if schemas is None else frozenset(schemas),
            tuple(include or ()),
            tuple(exclude or ()),
        )
        try:
            findings += _live(models, connection, scope)
        except CannotCheckError as error:
            skipped.append(Skipped(error.check, error.reason, blocking=True))
    return Report.of(findings, skipped)


def _offline(models: Models) -> tuple[list[Finding], list[Skipped]]:
    mapper_findings, skipped = mappers.check(models)
    findings = [*models.findings, *mapper_findings]
    for check in OFFLINE_CHECKS:
        findings += check(models)
    return findings, [*models.skipped, *skipped]


def _live(models: Models, connection: Connection, scope: Scope) -> Iterator[Finding]:
    comparison = compare(models, connection, scope)
    for check in LIVE_CHECKS:
        yield from check(comparison)
