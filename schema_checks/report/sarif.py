"""The report as SARIF 2.1.0, which code hosts show beside the lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from schema_checks.findings import Finding, Level, Report
from schema_checks.report.text import relative
from schema_checks.rules import Rule, rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Mapping[Level, str] = {
    Level.ERROR: "error",
    Level.WARNING: "warning",
    Level.INFO: "note",
}


def render(report: Report) -> str:
    """Return the whole report as one SARIF log with one run."""
    codes = sorted({finding.code for finding in report.findings})
    driver = {"name": "schema_checks", "rules": [_rule(rule(code)) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": not report.could_not_check,
                "toolExecutionNotifications": [
                    {
                        "level": "error" if skip.blocking else "note",
                        "message": {"text": f"not checked: {skip.check}: {skip.reason}"},
                    }
                    for skip in report.skipped
                ],
            }
        ],
        "results": [_result(finding) for finding in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(source: Rule) -> dict[str, object]:
    return {
        "id": source.code,
        "name": source.name,
        "shortDescription": {"text": source.name.replace("-", " ")},
        "fullDescription": {"text": source.why},
        "help": {"text": source.mend},
        "defaultConfiguration": {"level": LEVELS[source.level]},
    }


def _result(finding: Finding) -> dict[str, object]:
    text = f"{finding.message}. {finding.consequence} {finding.hint}"
    result: dict[str, object] = {
        "ruleId": finding.code,
        "level": LEVELS[finding.level],
        "message": {"text": text},
        "partialFingerprints": {"schemaChecks/v1": finding.fingerprint},
    }
    if finding.location is not None:
        place = {
            "artifactLocation": {"uri": _uri(finding.location.path)},
            "region": {"startLine": finding.location.line},
        }
        result["locations"] = [{"physicalLocation": place}]
    return result


def _uri(path: str) -> str:
    """Return a path as a URI: relative where it lies below the working directory."""
    shorter = relative(path)
    return Path(shorter).as_uri() if Path(shorter).is_absolute() else quote(shorter)
