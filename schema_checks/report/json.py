"""The report for programs: one JSON object."""

from __future__ import annotations

import json

from schema_checks.findings import Finding, Report
from schema_checks.report.text import relative

FORMAT_VERSION = 1


def render(report: Report) -> str:
    """Return the whole report as JSON, indented by two."""
    document = {
        "version": FORMAT_VERSION,
        "ok": report.ok,
        "could_not_check": report.could_not_check,
        "findings": [_finding(finding) for finding in report.findings],
        "skipped": [
            {"check": skip.check, "reason": skip.reason, "blocking": skip.blocking}
            for skip in report.skipped
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _finding(finding: Finding) -> dict[str, str | int | None]:
    place = finding.location
    return {
        "code": finding.code,
        "level": finding.level.value,
        "subject": finding.subject,
        "message": finding.message,
        "consequence": finding.consequence,
        "hint": finding.hint,
        "path": relative(place.path) if place else None,
        "line": place.line if place else None,
        "fingerprint": finding.fingerprint,
    }
