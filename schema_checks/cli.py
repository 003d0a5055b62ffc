"""The command line: exit 0 clean, 1 findings at or above the level, 2 could not check."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from schema_checks import Report, baseline, run_checks
from schema_checks.connecting import with_connection
from schema_checks.errors import CannotCheckError, RuleUnknownError
from schema_checks.findings import Level, Skipped
from schema_checks.migrations import Migrations, from_ini
from schema_checks.report import github, json, rule_pages, sarif, text
from schema_checks.rules import rule

EXIT_CLEAN, EXIT_FINDINGS, EXIT_COULD_NOT_CHECK = 0, 1, 2
FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": text.render,
    "json": json.render,
    "sarif": sarif.render,
    "github": github.render,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks that the arguments ask for, print the report, return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list_rules:
        _print(rule_pages.list_rules())
        return EXIT_CLEAN
    if options.explain:
        return _explain(options.explain)
    if not options.target:
        parser.error("name a target: package.module or package.module:Base")
    sys.path.insert(0, str(Path.cwd()))
    try:
        report = _without_baseline(check(options).selected(options.select, options.ignore), options)
    except CannotCheckError as error:
        report = Report.of((), [Skipped(error.check, error.reason, blocking=True)])
    _print(_written(report, options.format))
    if report.could_not_check:
        return EXIT_COULD_NOT_CHECK
    return EXIT_FINDINGS if report.at_least(Level(options.fail_level)) else EXIT_CLEAN


def _written(report: Report, form: str) -> str:
    if form == "text" and sys.stdout.isatty():
        return text.render(report, shutil.get_terminal_size().columns)
    return FORMATS[form](report)


def check(options: argparse.Namespace) -> Report:
    """Run the checks, with a connection where a database URL was given.

    Raises:
        CannotCheckError: The migrations' settings cannot be read.
    """
    run = partial(
        run_checks,
        options.target,
        mode=options.mode,
        schemas=options.schema,
        include=options.include,
        exclude=options.exclude,
        migrations=_migrations(options),
    )
    if options.database_url is None:
        return run()
    try:
        return with_connection(options.database_url, options.connect_timeout, run)
    except CannotCheckError as error:
        offline = run()
        skips = [skip for skip in offline.skipped if skip.blocking]
        failed = Skipped(error.check, error.reason, blocking=True)
        return Report.of(offline.findings, [*skips, failed])


def _migrations(options: argparse.Namespace) -> Migrations | None:
    schema, _, table = options.version_table.rpartition(".")
    if options.migrations is not None:
        return Migrations(options.migrations, table, schema or None)
    if options.alembic_ini is not None:
        return from_ini(options.alembic_ini, table)
    return None


def _without_baseline(report: Report, options: argparse.Namespace) -> Report:
    if options.write_baseline is not None:
        baseline.write(options.write_baseline, report)
    return report if options.baseline is None else report.without(baseline.read(options.baseline))


def _explain(code: str) -> int:
    try:
        _print(rule_pages.explain(rule(code)))
    except RuleUnknownError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the program's output
        return EXIT_COULD_NOT_CHECK
    return EXIT_CLEAN


def _print(output: str) -> None:
    print(output)  # noqa: T201 - the program's output


def _codes(listed: str) -> list[str]:
    return [code.strip().upper() for code in listed.split(",") if code.strip()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="schema-checks",
        description="Find every fault between SQLAlchemy models and their PostgreSQL database.",
        epilog="Exit codes: 0 clean, 1 findings at or above --fail-level, 2 could not check.",
    )
    add = parser.add_argument
    add("target", nargs="*", help="package.module or package.module:Base")
    _add_database(parser)
    add("--format", choices=list(FORMATS), default="text")
    levels = [level.value for level in Level]
    add("--fail-level", choices=levels, default=Level.ERROR.value, help="exit 1 from this level on")
    add("--select", type=_codes, default=[], metavar="CODES", help="only these, such as SC2,SC310")
    add("--ignore", type=_codes, default=[], metavar="CODES", help="not these")
    add("--baseline", type=Path, metavar="FILE", help="leave out the findings it holds")
    add("--write-baseline", type=Path, metavar="FILE", help="write the findings to a baseline")
    add("--explain", metavar="CODE", help="say what a rule means and how to mend it")
    add("--list-rules", action="store_true")
    return parser


def _add_database(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--database-url", metavar="URL", help="without it only the models are checked")
    add("--connect-timeout", type=float, default=5.0, metavar="SECONDS")
    add("--mode", choices=["boot", "deep"], default="boot", help="deep compares expressions too")
    add("--schema", action="append", metavar="NAME", help="compare only tables of this schema")
    add("--include", action="append", metavar="PATTERN", help="compare only these tables")
    add("--exclude", action="append", metavar="PATTERN", help="leave these tables out")
    add("--migrations", type=Path, metavar="FOLDER", help="Alembic's script location")
    add("--alembic-ini", type=Path, metavar="FILE", help="read the script location from it")
    add("--version-table", default="alembic_version", metavar="[SCHEMA.]TABLE")
