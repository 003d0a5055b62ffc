"""The errors of this package.

::

    SchemaCheckError        the report is not ok; raised once, with all findings (findings.py)
    CannotCheckError        a check could not be done at all; becomes a blocking `Skipped`
    RuleUnknownError        a code that the catalogue does not hold
"""

from __future__ import annotations


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
