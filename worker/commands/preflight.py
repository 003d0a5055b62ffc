"""The preflight on its own: for CI, and for an engineer who wants to know."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from worker.boot_checks import Selection, Verdict, judge_settings, run_preflight
from worker.bootstrap import completed_environment, open_resources
from worker.commands.exit_codes import ExitCode
from worker.settings import SettingsError, load_settings

ONE_CHILD = {"renders": 1}
"""One child draws the sample scene; others would import the same, and draw nothing."""


async def preflight(environ: Mapping[str, str], selection: Selection) -> ExitCode:
    """Run the preflight, print its report on standard output, and pull nothing."""
    async with completed_environment(environ) as completed:
        try:
            settings, warnings = load_settings(completed)
        except SettingsError as error:
            return show(judge_settings(error), sys.stdout)
        async with open_resources(settings.model_copy(update=ONE_CHILD)) as resources:
            return show(await run_preflight(resources, warnings, selection), sys.stdout)


def show(verdict: Verdict, stream: TextIO) -> ExitCode:
    """Print a report and say how the process ends because of it."""
    print(verdict.text, file=stream)
    if verdict.has_errors:
        return ExitCode.PREFLIGHT_FINDINGS
    if verdict.could_not_check:
        return ExitCode.PREFLIGHT_UNREACHABLE
    return ExitCode.DONE
