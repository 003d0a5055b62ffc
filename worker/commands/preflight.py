"""The preflight on its own: for CI, and for an engineer who wants to know."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from worker.boot_checks import RENDERING, Selection, Verdict, judge_settings, run_preflight
from worker.bootstrap import completed_environment, open_resources
from worker.commands.exit_codes import ExitCode
from worker.settings import SettingsError, load_settings

ONE_CHILD = {"renders": 1}
"""One child draws the sample scene; others would import the same, and draw nothing."""


async def preflight(
    environ: Mapping[str, str], selection: Selection, *, as_json: bool = False
) -> ExitCode:
    """Run the preflight, print its report on standard output, and pull nothing."""
    async with completed_environment(environ) as completed:
        try:
            settings, warnings = load_settings(completed)
        except SettingsError as error:
            return show(judge_settings(error), sys.stdout, as_json=as_json)
        draws = selection.left_out_because(RENDERING, settings) is None
        alone = settings.model_copy(update=ONE_CHILD)
        async with open_resources(alone, begins_rendering=draws) as resources:
            verdict = await run_preflight(resources, warnings, selection)
            return show(verdict, sys.stdout, as_json=as_json)


def show(verdict: Verdict, stream: TextIO, *, as_json: bool = False) -> ExitCode:
    """Print a report and say how the process ends because of it."""
    print(verdict.document if as_json else verdict.text, file=stream)
    if verdict.has_errors:
        return ExitCode.PREFLIGHT_FINDINGS
    if verdict.could_not_check:
        return ExitCode.PREFLIGHT_UNREACHABLE
    return ExitCode.DONE
