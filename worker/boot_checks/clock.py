"""This machine's clock, held against the service's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from schema_checks import Finding, Level, Report
from worker.bootstrap import Resources

MOST_SKEW_SECONDS = 30.0
"""Google refuses signatures and assertions from a clock that is minutes off; half a minute is a
clock that nobody keeps. (ours)"""


async def check_clock(resources: Resources) -> Report:
    """Ask the object store for the time; its answer's Date header is in whole seconds."""
    before = datetime.now(UTC)
    theirs = await resources.objects.server_time()
    return Report.of(judge_clock(before, datetime.now(UTC), theirs))


def judge_clock(before: datetime, after: datetime, theirs: datetime) -> Iterator[Finding]:
    """Compare the service's time with the middle of the call that asked for it."""
    ours = before + (after - before) / 2
    skew = (ours - theirs).total_seconds()
    if abs(skew) > MOST_SKEW_SECONDS:
        word = "ahead of" if skew > 0 else "behind"
        yield Finding(
            code="WK501",
            level=Level.ERROR,
            subject="the machine's clock",
            message=f"this machine's clock is {abs(skew):.0f} s {word} the service's",
            consequence="tokens and signed links are refused, and times in rows are wrong",
            hint="synchronise it: timedatectl set-ntp true, or restart chronyd",
        )
