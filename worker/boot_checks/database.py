"""The models, and the database that they are meant for."""

from __future__ import annotations

import asyncio

from sqlalchemy.engine import make_url

from schema_checks import Migrations, Report, run_checks
from worker.adapters.database import models
from worker.adapters.database.engine import translated_errors
from worker.boot_checks.findings import joined, not_checked
from worker.bootstrap import Resources
from worker.lessons.errors import DependencyUnavailableError
from worker.migrations import SCRIPTS, VERSION_TABLE

MIGRATIONS = Migrations(SCRIPTS, VERSION_TABLE)


def models_alone() -> Report:
    """Check the models; that no database was asked is said by the preflight itself."""
    report = run_checks(models)
    return Report(report.findings, tuple(skip for skip in report.skipped if skip.blocking))


async def check_models(_: Resources) -> Report:
    """Check the models alone, in a thread."""
    return await asyncio.to_thread(models_alone)


async def check_database(resources: Resources) -> Report:
    """Compare models and database: tables, columns, keys, privileges, migrations."""
    url = make_url(resources.settings.database_url.get_secret_value())
    where = f"{url.host}:{url.port or 5432}/{url.database}"
    try:
        with translated_errors():
            async with resources.engine.connect() as connection:
                return await connection.run_sync(
                    lambda sync: run_checks(models, sync, migrations=MIGRATIONS)
                )
    except DependencyUnavailableError as error:
        away = not_checked("database", f"{error.message} at {where}")
        return joined([await check_models(resources), away])
