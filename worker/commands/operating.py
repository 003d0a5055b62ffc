"""What the operator's commands share: settings, resources, and the words when one is missing."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.exc import ProgrammingError

from worker.boot_checks import judge_settings
from worker.bootstrap import completed_environment
from worker.commands.exit_codes import ExitCode
from worker.commands.preflight import show
from worker.lessons.errors import DependencyUnavailableError, RefusedError
from worker.settings import SettingsError, load_settings
from worker.telemetry.logs import configure_logging
from worker.upkeep import UpkeepResources, open_upkeep

UNDEFINED = {"42P01", "42703"}
"""SQLSTATE of a table or column that the database does not have."""

NO_STATE = (
    "WORKER_STATE_DIR is not set; name the folder of the embedded servers "
    "(what `run` or `demo --keep` was started with), or set DATABASE_URL"
)

Work = Callable[[UpkeepResources], Awaitable[ExitCode]]


async def operate(environ: Mapping[str, str], work: Work) -> ExitCode:
    """Open what the environment names, do the work, and say what to do where that fails."""
    embedded = environ.get("WORKER_PROFILE") == "embedded"
    if embedded and not (environ.get("WORKER_STATE_DIR") or environ.get("DATABASE_URL")):
        print(NO_STATE, file=sys.stderr)
        return ExitCode.USAGE
    async with completed_environment(environ) as completed:
        try:
            settings, _ = load_settings(completed)
        except SettingsError as error:
            return show(judge_settings(error), sys.stderr)
        configure_logging(settings.log_level, settings.log_format)
        async with open_upkeep(settings) as upkeep:
            return await _guarded(work, upkeep)


def is_of_older_database(error: Exception) -> bool:
    """Tell whether the database lacks a table or a column: it was not migrated."""
    sqlstate = (
        getattr(error.orig, "sqlstate", None) if isinstance(error, ProgrammingError) else None
    )
    return sqlstate in UNDEFINED


async def _guarded(work: Work, upkeep: UpkeepResources) -> ExitCode:
    try:
        return await work(upkeep)
    except (DependencyUnavailableError, RefusedError) as error:
        hint = error.hint or "see that it runs and can be reached, then run the command again"
        print(f"{error}; {hint}", file=sys.stderr)
        return ExitCode.PREFLIGHT_UNREACHABLE
    except ProgrammingError as error:
        if not is_of_older_database(error):
            raise
        print(
            "the database lacks what this version needs; run: python -m worker migrate",
            file=sys.stderr,
        )
        return ExitCode.PREFLIGHT_FINDINGS
