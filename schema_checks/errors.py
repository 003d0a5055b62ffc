"""The errors of this package.

::

    SchemaCheckError        the report is not ok; raised once, with all findings
    CannotCheckError        a check could not be done at all; becomes a blocking `Skipped`
    RuleUnknownError        a code that the catalogue does not hold
"""

from __future__ import annotations

from schema_checks.findings import Report


class SchemaCheckError(Exception):
    """Models and database do not fit together, or could not be compared.

    Attributes:
        report: Everything that was found and everything that was skipped.
    """

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        lines = [
            f"{len(self.report.errors)} error(s) among {len(self.report.findings)} finding(s)",
            *(
                f"{finding.code} {finding.subject}: {finding.message}"
                for finding in self.report.errors
            ),
            *(
                f"not checked: {skip.check}: {skip.reason}"
                for skip in self.report.skipped
                if skip.blocking
            ),
        ]
        return "\n".join(lines)


class CannotCheckError(Exception):
    """A check could not be done.

    Attributes:
        check: What would have been checked.
        reason: Why it could not be.
    """

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(check, reason)
        self.check = check
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.check}: {self.reason}"


class RuleUnknownError(LookupError):
    """No rule has this code."""
