"""What checks hand back: findings, and what could not be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from schema_checks import Finding, Level, Report, Skipped
from worker.bootstrap import Resources
from worker.lessons.errors import WorkerError
from worker.settings import Settings

Check = Callable[[Resources], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class NamedCheck:
    """One check of the preflight.

    Attributes:
        name: For `--only` and `--skip`.
        setting: That says what is asked; a refusal that the check has no words for names it.
        needs_network: Whether it asks something that needs one, by the settings.
    """

    name: str
    run: Check
    setting: str
    needs_network: Callable[[Settings], bool] = lambda _: True


def joined(reports: Iterable[Report]) -> Report:
    """Return one report of all."""
    reports = list(reports)
    return Report.of(
        (finding for report in reports for finding in report.findings),
        (skip for report in reports for skip in report.skipped),
    )


def not_checked(name: str, reason: str, *, blocking: bool = True) -> Report:
    """Say that something could not be asked; a worker pulls nothing if that is blocking."""
    return Report(skipped=(Skipped(name, reason, blocking=blocking),))


def refused(
    code: str,
    subject: str,
    error: WorkerError,
    *,
    consequence: str = "the worker cannot do its work",
    hint: str = "",
) -> Report:
    """Report a dependency whose answer is no."""
    return Report.of(
        [
            Finding(
                code=code,
                level=Level.ERROR,
                subject=subject,
                message=error.message,
                consequence=consequence,
                hint=hint or error.hint,
            )
        ]
    )
