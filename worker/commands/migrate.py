"""Bring the database of DATABASE_URL up to the newest revision."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from worker.bootstrap import migrate_database
from worker.commands.exit_codes import ExitCode
from worker.lessons.errors import DependencyUnavailableError


async def migrate(environ: Mapping[str, str], revision: str) -> ExitCode:
    """Walk the migrations; only DATABASE_URL is needed."""
    url = environ.get("DATABASE_URL")
    if not url:
        print("DATABASE_URL is not set; it names the database to migrate", file=sys.stderr)
        return ExitCode.USAGE
    try:
        make_url(url).get_backend_name()
        await migrate_database(url, revision)
    except (ArgumentError, ValueError):
        print("DATABASE_URL is no database URL: postgresql://USER@HOST/NAME", file=sys.stderr)
        return ExitCode.USAGE
    except DependencyUnavailableError as error:
        print(f"could not migrate: {error}; {error.hint}", file=sys.stderr)
        return ExitCode.PREFLIGHT_UNREACHABLE
    print(f"migrated to {revision}")
    return ExitCode.DONE
