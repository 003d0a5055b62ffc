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

import gc
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from sqlalchemy import Connection

from schema_checks import (
    bases,
    columns,
    constraints,
    defaults,
    enums,
    foreign_keys,
    hazards,
    indexes,
    key_columns,
    keys,
    mappers,
    privileges,
    tables,
)
from schema_checks import (
    migrations as revisions,
)
from schema_checks.canonical import canonical_texts
from schema_checks.comparison import Comparison, Scope, compare
from schema_checks.discovery import Models, discover
from schema_checks.errors import CannotCheckError
from schema_checks.expressions import Judge
from schema_checks.findings import (
    Finding,
    Level,
    Location,
    Report,
    SchemaCheckError,
    Skipped,
)
from schema_checks.migrations import Migrations

__all__ = [
    "CannotCheckError",
    "Finding",
    "Level",
    "Location",
    "Migrations",
    "Report",
    "SchemaCheckError",
    "Skipped",
    "run_checks",
]

Mode = Literal["boot", "deep"]
Outcome = tuple[list[Finding], list[Skipped]]
OFFLINE_CHECKS = (foreign_keys.check, key_columns.check, bases.check, hazards.check)
EXPRESSION_CHECKS = (defaults.check, constraints.check, indexes.check)
LIVE_CHECKS = (
    tables.check,
    columns.check,
    enums.check,
    keys.check,
    privileges.check,
    *EXPRESSION_CHECKS,
)


def run_checks(  # noqa: PLR0913 - the whole choice of a caller, by keyword
    target: object,
    connection: Connection | None = None,
    *,
    mode: Mode = "boot",
    schemas: Collection[str | None] | None = None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    migrations: Migrations | None = None,
) -> Report:
    """Check models, and the database where a connection is given; return all findings at once.

    Importing and configuring happens once; nothing is raised for what is wrong with the models
    or the database. The connection is left as it was: boot mode writes nothing.

    Args:
        target: A declarative base, a registry, a MetaData, a Table, a module or its name
            (`package.module` or `package.module:Base`), or a list of them.
        connection: An open SQLAlchemy connection to PostgreSQL; an async user calls this
            function through `AsyncConnection.run_sync`. None leaves the database unchecked.
        mode: "boot" reads the catalog; "deep" also has PostgreSQL itself spell expressions that
            are not equal by their words, through temporary tables that are rolled back.
        schemas: Compare only tables of these schemas; None in it is the search path.
        include: Compare only tables that match one of these patterns (`users`, `billing.*`).
        exclude: Leave out tables that match one of these patterns.
        migrations: Alembic's scripts, to report pending, unknown and forked revisions as well.

    Raises:
        TypeError: The target is none of these.
    """
    scope = Scope(
        schemas=None if schemas is None else frozenset(schemas),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
    )
    with _collector_paused():
        models = discover(target)
        findings, skipped = _offline(models, migrations)
        live = _live(models, connection, (mode, scope, migrations))
    return Report.of([*findings, *live[0]], [*skipped, *live[1]])


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector of cycles, which would find nothing here.

    Importing, configuring and comparing make many objects, and nearly all live until the end; on
    the heap of a big program each of the collector's full passes takes a tenth of a second.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _offline(models: Models, migrations: Migrations | None) -> Outcome:
    mapper_findings, skipped = mappers.check(models)
    findings = [*models.findings, *mapper_findings]
    skipped += models.skipped
    for check in OFFLINE_CHECKS:
        findings += check(models)
    if migrations is not None:
        try:
            findings += revisions.check(revisions.read_revisions(migrations))
        except CannotCheckError as error:
            skipped.append(Skipped(error.check, error.reason, blocking=True))
    return findings, skipped


How = tuple[Mode, Scope, Migrations | None]


def _live(models: Models, connection: Connection | None, how: How) -> Outcome:
    if connection is None:
        return [], [Skipped("the database", "no connection was given", blocking=False)]
    if connection.dialect.name != "postgresql":
        reason = f"live checks are for PostgreSQL, not for {connection.dialect.name}"
        return [], [Skipped("the database", reason, blocking=True)]
    try:
        return _compared(models, connection, how)
    except CannotCheckError as error:
        return [], [Skipped(error.check, error.reason, blocking=True)]


def _compared(models: Models, connection: Connection, how: How) -> Outcome:
    mode, scope, migrations = how
    table = None
    if migrations is not None:
        table = (migrations.version_table_schema, migrations.version_table)
    comparison = compare(models, connection, scope, table)
    skipped: list[Skipped] = []
    if mode == "deep":
        comparison, skipped = _deepened(comparison, connection)
    findings = [finding for check in LIVE_CHECKS for finding in check(comparison)]
    if migrations is not None:
        findings += _revisions(migrations, comparison)
    return findings, [*skipped, *_unsure(comparison.judge, mode)]


def _deepened(comparison: Comparison, connection: Connection) -> tuple[Comparison, list[Skipped]]:
    """Ask PostgreSQL to spell what has no equal by its words."""
    for check in EXPRESSION_CHECKS:
        deque(check(comparison), maxlen=0)  # for what the judge learns by it
    try:
        texts = canonical_texts(connection, comparison.pairs, comparison.judge.undecided)
    except CannotCheckError as error:
        reason = Skipped(error.check, error.reason, blocking=True)
        return replace(comparison, judge=Judge()), [reason]
    return replace(comparison, judge=Judge(texts)), []


def _revisions(migrations: Migrations, comparison: Comparison) -> list[Finding]:
    try:
        scripts = revisions.read_revisions(migrations)
    except CannotCheckError:
        return []  # the offline check has reported it as not done
    versions = comparison.catalog.versions
    return list(revisions.check_database(scripts, versions, migrations.version_table))


def _unsure(judge: Judge, mode: Mode) -> list[Skipped]:
    unsure = list(dict.fromkeys(judge.unsure))
    if not unsure:
        return []
    names = ", ".join(f"{one.kind} of {one.table} ({one.text})" for one in unsure[:5])
    more = f" and {len(unsure) - 5} more" if len(unsure) > 5 else ""  # noqa: PLR2004 - as many as named
    advice = (
        "; --mode deep asks PostgreSQL" if mode == "boot" else "; PostgreSQL refuses the model's"
    )
    reason = f"spelled too differently to compare: {names}{more}{advice}"
    return [Skipped("expressions", reason, blocking=mode == "deep")]
