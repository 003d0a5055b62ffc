"""The report for people: every finding with where, what, what follows, and how to mend it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

from schema_checks.findings import Finding, Level, Location, Report

LABEL = "    then: "
LEAST_WIDTH = 40


def render(report: Report, width: int | None = None) -> str:
    """Return the whole report as lines of plain text, ending without a newline.

    Args:
        report: What was found.
        width: Break lines at this many columns, for a terminal; None keeps each fact on one line,
            for a log or a search.
    """
    lines: list[str] = []
    for finding in report.findings:
        lines += [*_finding(finding), ""]
    lines += [
        f"{'NOT CHECKED' if skip.blocking else 'not asked for'}: {skip.check}: {skip.reason}"
        for skip in report.skipped
    ]
    lines.append(summary(report))
    return "\n".join(lines if width is None else (_broken(line, width) for line in lines))


def _broken(line: str, width: int) -> str:
    """Break a line; what follows stands under the text, not under its label."""
    return fill(
        line,
        max(width, LEAST_WIDTH),
        subsequent_indent=" " * (len(LABEL) if line.startswith(" ") else 4),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _finding(finding: Finding) -> Iterator[str]:
    where = f"{shown(finding.location)}: " if finding.location else ""
    yield f"{where}{finding.level.value} {finding.code} {finding.message}"
    yield f"{LABEL}{finding.consequence}"
    yield f"    mend: {finding.hint}"


def shown(location: Location) -> str:
    """Return `path:line`, the path relative to the working directory where it lies below it."""
    return f"{relative(location.path)}:{location.line}"


def relative(path: str) -> str:
    """Return the path relative to the working directory where it lies below it."""
    shorter = os.path.relpath(path)
    return path if shorter.startswith("..") else Path(shorter).as_posix()


def summary(report: Report) -> str:
    """Return one line that counts the findings by level."""
    if not report.findings:
        return "could not check" if report.could_not_check else "no findings"
    counts = Counter(finding.level for finding in report.findings)
    parts = [_counted(counts[level], level.value) for level in Level if counts[level]]
    tail = "; the check is incomplete" if report.could_not_check else ""
    return f"{_counted(len(report.findings), 'finding')}: {', '.join(parts)}{tail}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 or noun == Level.INFO else 's'}"
