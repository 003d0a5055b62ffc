"""The quality report as a teacher reads it: what was checked, found and allowed, by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from worker.lessons.quality.report import Verdict
from worker.web.published import Published, read_published
from worker.web.quality_words import KINDS, RowWords

QUALITY_REPORT = "quality_report.json"

OTHERS = "Other checks"
"""Rows that this page has no words for: a newer worker measured them."""

_SPELT_OUT = {"wpm": "words a minute", "cps": "characters a second", "s": "seconds"}


class _Failure(Published):
    what: str
    second: float | None = None


class _Row(Published):
    row: str
    verdict: Verdict
    value: float | None
    unit: str
    threshold: str
    reason: str = ""
    failures: tuple[_Failure, ...] = ()


class _Report(Published):
    rows: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class FailedPlace:
    """Where a check fails; `second` is None where the fault has no place in time."""

    what: str
    second: float | None


@dataclass(frozen=True, slots=True)
class Checked:
    """One row of the report in words.

    Attributes:
        measured: The worst value found, with its unit; empty where there is none.
        allowed: What passes.
        meaning: What it means for the student when the check fails.
        reason: Why it was not measured, or empty.
    """

    title: str
    verdict: Verdict
    measured: str
    allowed: str
    meaning: str
    reason: str
    places: tuple[FailedPlace, ...]


@dataclass(frozen=True, slots=True)
class CheckedKind:
    """The checks of one kind."""

    title: str
    rows: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class QualityView:
    """The whole report."""

    kinds: tuple[CheckedKind, ...]

    def count(self, verdict: str) -> int:
        """Count the checks that ended so."""
        return sum(row.verdict.value == verdict for kind in self.kinds for row in kind.rows)

    @property
    def failed(self) -> tuple[Checked, ...]:
        """The checks that fail."""
        rows = (row for kind in self.kinds for row in kind.rows)
        return tuple(row for row in rows if row.verdict is Verdict.FAILED)


def read_quality(files: Mapping[str, bytes]) -> QualityView | None:
    """Return the report of a lesson, or None where it has none.

    Raises:
        UnreadableLessonError: The report is not what we publish.
    """
    report = read_published(_Report, QUALITY_REPORT, files)
    return None if report is None else QualityView(tuple(_by_kind(report)))


def _by_kind(report: _Report) -> Iterator[CheckedKind]:
    """Yield the kinds that the report has rows of, each in the report's order."""
    rest = list(report.rows)
    for title, words in KINDS.items():
        mine = tuple(_in_words(row, words[row.row]) for row in rest if row.row in words)
        rest = [row for row in rest if row.row not in words]
        if mine:
            yield CheckedKind(title, mine)
    if rest:
        yield CheckedKind(OTHERS, tuple(_in_words(row, RowWords(row.row, "")) for row in rest))


def _in_words(row: _Row, words: RowWords) -> Checked:
    return Checked(
        title=words.title,
        verdict=row.verdict,
        measured="" if row.value is None else measured(row.value, row.unit),
        allowed=row.threshold,
        meaning=words.meaning,
        reason=row.reason,
        places=tuple(FailedPlace(one.what, one.second) for one in row.failures),
    )


def measured(value: float, unit: str) -> str:
    """Return a value as one says it: a share in percent, a distance with its direction."""
    if unit == "share" or unit.startswith("share "):
        return f"{value:.0%} {unit.removeprefix('share').strip()}".strip()
    if unit.endswith(" above"):
        side = "above" if value > 0 else "below"
        name = unit.removesuffix(" above")
        return f"{abs(value):.3g} {_SPELT_OUT.get(name, name)} {side} the limit"
    return f"{value:.4g} {_SPELT_OUT.get(unit, unit)}".strip()
