"""What a check reports: findings, what was skipped, and the report that holds both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class Level(StrEnum):
    """How bad a finding is; an error means that the program fails or loses rows."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Order of badness: 0 is the worst."""
        return list(Level).index(self)

    def reaches(self, threshold: Level) -> bool:
        """Tell whether this level is as bad as `threshold`, or worse."""
        return self.rank <= threshold.rank


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a source file.

    Attributes:
        path: The file, as the interpreter knows it.
        line: Its line, counted from 1.
    """

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault.

    Attributes:
        code: The rule's stable id, such as SC201; `rules.py` knows them all.
        level: How bad it is.
        subject: What it is about: `Class.attribute`, `schema.table` or `table.column`.
        message: What was found, in one sentence.
        consequence: What the running program will meet, per driver where drivers differ.
        hint: How to mend it.
        location: The model's line, or None where no source file is known.
    """

    code: str
    level: Level
    subject: str
    message: str
    consequence: str
    hint: str
    location: Location | None = None

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stay the same while the fault does, wherever its line moves."""
        text = f"{self.code}\0{self.subject}\0{self.message}"
        return sha256(text.encode()).hexdigest()[:16]

    @property
    def sort_key(self) -> tuple[int, str, str, str]:
        """Worst first, then by code, subject and message."""
        return (self.level.rank, self.code, self.subject, self.message)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A check that did not run.

    Attributes:
        check: What would have been checked.
        reason: Why it was not.
        blocking: True when it was asked for and could not be done: the run is then no proof of
            anything. False when nobody asked for it (no database was given).
    """

    check: str
    reason: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one run, worst first, and all that was not checked."""

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Finding], skipped: Iterable[Skipped] = ()) -> Report:
        """Sort the findings and drop exact repeats."""
        unique = dict.fromkeys(findings)
        return cls(
            findings=tuple(sorted(unique, key=lambda finding: finding.sort_key)),
            skipped=tuple(dict.fromkeys(skipped)),
        )

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings of level error."""
        return self.at_least(Level.ERROR)

    @property
    def could_not_check(self) -> bool:
        """True when a check that was asked for could not be done."""
        return any(skip.blocking for skip in self.skipped)

    @property
    def ok(self) -> bool:
        """True when nothing of level error was found and nothing asked for was left unchecked."""
        return not self.errors and not self.could_not_check

    def at_least(self, level: Level) -> tuple[Finding, ...]:
        """Return the findings that are as bad as `level`, or worse."""
        return tuple(finding for finding in self.findings if finding.level.reaches(level))

    def selected(self, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Report:
        """Keep the findings whose code starts with one of `select` and none of `ignore`.

        An empty `select` keeps all. `SC4` stands for every code that starts with it.
        """
        wanted, unwanted = tuple(select) or ("",), tuple(ignore)
        kept = (
            finding
            for finding in self.findings
            if finding.code.startswith(wanted) and not finding.code.startswith(unwanted)
        )
        return Report(tuple(kept), self.skipped)

    def without(self, fingerprints: Iterable[str]) -> Report:
        """Drop the findings that a baseline already knows."""
        known = frozenset(fingerprints)
        kept = (finding for finding in self.findings if finding.fingerprint not in known)
        return Report(tuple(kept), self.skipped)

    def raise_for_errors(self) -> None:
        """Do nothing when the report is ok.

        Raises:
            SchemaCheckError: There are errors, or checks that could not be done; it carries the
                whole report.
        """
        if not self.ok:
            raise SchemaCheckError(self)


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
