"""The report as GitHub workflow commands, which annotate the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schema_checks.findings import Finding, Level, Report
from schema_checks.report.text import relative, summary

COMMANDS: Mapping[Level, str] = {
    Level.ERROR: "error",
    Level.WARNING: "warning",
    Level.INFO: "notice",
}


def render(report: Report) -> str:
    """Return one command a finding, and the summary as the last line."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield _command(finding)
    for skip in report.skipped:
        command = "error" if skip.blocking else "notice"
        yield f"::{command} title=not checked::{_text(f'{skip.check}: {skip.reason}')}"
    yield summary(report)


def _command(finding: Finding) -> str:
    properties = {"title": f"{finding.code} {finding.subject}"}
    if finding.location is not None:
        properties = {
            "file": relative(finding.location.path),
            "line": str(finding.location.line),
            **properties,
        }
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = f"{finding.message}. {finding.consequence} {finding.hint}"
    return f"::{COMMANDS[finding.level]} {listed}::{_text(text)}"


def _text(text: str) -> str:
    """Escape what GitHub reads as the end of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
