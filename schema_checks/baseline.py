"""A baseline: the findings that a project lives with for now, so that only new ones fail."""

from __future__ import annotations

import json
from pathlib import Path

from schema_checks.errors import CannotCheckError
from schema_checks.findings import Report


def read(path: Path) -> frozenset[str]:
    """Return the fingerprints that a baseline file holds.

    Raises:
        CannotCheckError: The file cannot be read as a baseline.
    """
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["findings"]
        return frozenset(str(fingerprint) for fingerprint in known)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotCheckError("the baseline", f"{path}: {error}") from error


def write(path: Path, report: Report) -> None:
    """Write every finding of a report, by its fingerprint, with words to recognise it by."""
    known = {
        finding.fingerprint: f"{finding.code} {finding.subject}: {finding.message}"
        for finding in report.findings
    }
    path.write_text(json.dumps({"findings": known}, indent=2) + "\n", encoding="utf-8")
