"""The command line: exit 0 clean, 1 findings at or above the level, 2 could not check."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from schema_checks import Report, run_checks
from schema_checks.connecting import with_connection
from schema_checks.errors import CannotCheckError
from schema_checks.findings import Level, Skipped
from schema_checks.report import text

EXIT_CLEAN, EXIT_FINDINGS, EXIT_COULD_NOT_CHECK = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks that the arguments ask for, print the report, return the exit code."""
    options = _parser().parse_args(arguments)
    sys.path.insert(0, str(Path.cwd()))
    report = check(options)
    print(text.render(report))  # noqa: T201 - the report is the program's output
    if report.could_not_check:
        return EXIT_COULD_NOT_CHECK
    return EXIT_FINDINGS if report.at_least(Level(options.fail_level)) else EXIT_CLEAN


def check(options: argparse.Namespace) -> Report:
    """Run the checks, with a connection where a database URL was given."""
    run = partial(
        run_checks,
        options.target,
        mode=options.mode,
        include=options.include,
        exclude=options.exclude,
    )
    if options.database_url is None:
        return run()
    try:
        return with_connection(options.database_url, options.connect_timeout, run)
    except CannotCheckError as error:
        offline = run()
        skips = [skip for skip in offline.skipped if skip.blocking]
        return Report.of(
            offline.findings, [*skips, Skipped(error.check, error.reason, blocking=True)]
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="schema-checks",
        description="Find every fault between SQLAlchemy models and their database.",
        epilog="Exit codes: 0 clean, 1 findings at or above --fail-level, 2 could not check.",
    )
    add = parser.add_argument
    add("target", nargs="*", help="package.module or package.module:Base")
    add(
        "--database-url",
        help="a SQLAlchemy URL of PostgreSQL; without it only the models are checked",
    )
    add("--connect-timeout", type=float, default=5.0, metavar="SECONDS")
    add("--mode", choices=["boot", "deep"], default="boot")
    add("--fail-level", choices=[level.value for level in Level], default=Level.ERROR.value)
    add("--include", action="append", metavar="PATTERN", help="compare only these tables")
    add("--exclude", action="append", metavar="PATTERN", help="leave these tables out")
    return parser
