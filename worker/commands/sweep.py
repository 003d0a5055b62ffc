"""`sweep`: one pass over what workers leave behind, for a scheduler."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from worker.commands.exit_codes import ExitCode
from worker.commands.operating import is_of_older_database, operate
from worker.delivery.sweep import StepReport, sweep
from worker.upkeep import UpkeepResources, sweep_steps


async def run_sweep(environ: Mapping[str, str], *, dry_run: bool, as_json: bool) -> ExitCode:
    """Sweep once; every step is tried, whatever became of the others."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        reports = await sweep(sweep_steps(upkeep, dry_run=dry_run), is_of_older_database)
        if as_json:
            print(json.dumps({"dry_run": dry_run, "steps": [asdict(one) for one in reports]}))
        else:
            _print_counts(reports, dry_run=dry_run)
        return _verdict(reports)

    return await operate(environ, work)


def _print_counts(reports: Sequence[StepReport], *, dry_run: bool) -> None:
    if dry_run:
        print("Nothing was changed. A sweep would have done this:")
    for report in reports:
        done = ", ".join(f"{count} {name}" for name, count in report.counts.items() if count)
        print(f"{report.step:<24} {done or 'nothing'}")


def _verdict(reports: Sequence[StepReport]) -> ExitCode:
    """Name every step that ended early on standard error, and say whose fault it was."""
    failed = [report for report in reports if report.problem is not None]
    for report in failed:
        hint = report.hint or "sweep again; it goes on where it stopped"
        print(f"{report.step}: {report.problem}; {hint}", file=sys.stderr)
    if not failed:
        return ExitCode.DONE
    own_fault = any(report.is_own_fault for report in failed)
    return ExitCode.OWN_FAULT if own_fault else ExitCode.PREFLIGHT_UNREACHABLE
