"""The preflight: everything that must hold before the first message is pulled, in one report.

Checks run at the same time, each with its own time limit. A check returns findings; only boot
acts on them. What could not be asked is "skipped", never "clean".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from schema_checks import Finding, Level, Report, Skipped, run_checks
from schema_checks.report import json
from schema_checks.report.text import render
from worker.adapters.database import models
from worker.boot_checks.buckets import check_buckets, check_links
from worker.boot_checks.clock import check_clock
from worker.boot_checks.database import check_database, check_models
from worker.boot_checks.findings import Check, NamedCheck, joined, not_checked, refused
from worker.boot_checks.prices import check_prices
from worker.boot_checks.providers import (
    OFFLINE_VOICE,
    check_embedder,
    check_rendering,
    check_voice,
    check_writer,
)
from worker.boot_checks.subscription import check_subscription
from worker.boot_checks.topics import check_topics
from worker.bootstrap import Resources
from worker.lessons.errors import RefusedError, WorkerError
from worker.settings import SettingFault, Settings, SettingsError
from worker.telemetry.logs import where_raised

CHECK_SECONDS = 30.0
"""Time for one check; a render child takes longest: it imports MoviePy and draws a frame."""


def _never(_: Settings) -> bool:
    return False


async def _in_turn(resources: Resources, *checks: Check) -> Report:
    """Run checks of one dependency one after the other: where it is away, that is said once."""
    return joined([await check(resources) for check in checks])


MODELS = NamedCheck("models", check_models, "DATABASE_URL", _never)
DATABASE = NamedCheck("database", check_database, "DATABASE_URL")
RENDERING = NamedCheck("rendering", check_rendering, "WORKER_RENDERS", _never)
CHECKS = (
    MODELS,
    DATABASE,
    NamedCheck(
        "pubsub",
        lambda resources: _in_turn(resources, check_subscription, check_topics),
        "PUBSUB_SUBSCRIPTION",
    ),
    NamedCheck(
        "storage",
        lambda resources: _in_turn(resources, check_buckets, check_clock),
        "GCS_GENERATED_CONTENT_BUCKET",
    ),
    NamedCheck("links", check_links, "WORKER_SIGNING_ACCOUNT"),
    NamedCheck("prices", check_prices, "WORKER_PRICES", _never),
    NamedCheck("writer", check_writer, "WORKER_WRITER"),
    NamedCheck("embedder", check_embedder, "WORKER_EMBEDDING_MODEL"),
    NamedCheck(
        "voice", check_voice, "WORKER_VOICE", lambda settings: settings.voice != OFFLINE_VOICE
    ),
    RENDERING,
)
CHECK_NAMES = tuple(check.name for check in CHECKS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the preflight says.

    Attributes:
        text: The whole report, for a person.
        document: The same for a program: a JSON object.
        has_errors: Something is wrong that the worker cannot run with.
        could_not_check: Something did not answer.
    """

    text: str
    document: str
    has_errors: bool
    could_not_check: bool

    @property
    def passed(self) -> bool:
        """Whether the worker may pull."""
        return not self.has_errors and not self.could_not_check


@dataclass(frozen=True, slots=True)
class Selection:
    """Which checks run.

    Attributes:
        only: Names; all of them if empty.
        skip: Names of those left out.
        is_offline: Leave out what needs a network.
    """

    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    is_offline: bool = False

    def left_out_because(self, check: NamedCheck, settings: Settings) -> str | None:
        """Return why a check does not run; None if it does."""
        if check.name in self.skip:
            return "not asked for (--skip)"
        if self.only and check.name not in self.only:
            return "not asked for (--only)"
        if self.is_offline and check.needs_network(settings):
            return "not asked for (--offline)"
        return None


EVERYTHING = Selection()


def judge_settings(error: SettingsError) -> Verdict:
    """Report settings that cannot be used, and the models, which need none."""
    offline = Report(run_checks(models).findings)
    return _verdict(joined([_settings_report(error.faults), offline]))


async def run_preflight(
    resources: Resources, warnings: Iterable[SettingFault], selection: Selection = EVERYTHING
) -> Verdict:
    """Run every check that is asked for at once, and join what they found.

    Args:
        resources: What the worker is about to use.
        warnings: What the settings had to say.
        selection: Which checks run.
    """
    reasons = {check: selection.left_out_because(check, resources.settings) for check in CHECKS}
    chosen = [check for check in CHECKS if reasons[check] is None]
    if DATABASE in chosen and MODELS in chosen:
        chosen.remove(MODELS)  # the database check has them too
    reports = await asyncio.gather(*(_limited(check, resources) for check in chosen))
    left_out = Report(
        skipped=tuple(
            Skipped(check.name, reason, blocking=False)
            for check, reason in reasons.items()
            if reason is not None
        )
    )
    return _verdict(joined([_settings_report(warnings), *reports, left_out]))


async def _limited(check: NamedCheck, resources: Resources) -> Report:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check.run(resources)
    except TimeoutError:
        return not_checked(check.name, f"no answer within {CHECK_SECONDS:.0f} s")
    except RefusedError as error:
        return refused("WK601", check.setting, error)
    except WorkerError as error:
        return not_checked(check.name, error.message)
    except Exception as error:  # noqa: BLE001  # one faulty check must not hide the others
        place = where_raised(error)[-1]
        return not_checked(check.name, f"the check failed: {type(error).__name__} at {place}")


def _settings_report(faults: Iterable[SettingFault]) -> Report:
    """Put what is wrong with the environment in the words of the report."""
    return Report.of(
        Finding(
            code="WK101" if fault.is_error else "WK102",
            level=Level.ERROR if fault.is_error else Level.WARNING,
            subject=fault.variable,
            message=f"{fault.variable}: {fault.problem}",
            consequence=(
                "the worker does not start" if fault.is_error else "the value is never read"
            ),
            hint=fault.mend,
        )
        for fault in faults
    )


def _verdict(report: Report) -> Verdict:
    return Verdict(render(report), json.render(report), bool(report.errors), report.could_not_check)
