"""What a measurement says: the row, its value, its threshold, and where it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Subject = TypeVar("Subject")


class Verdict(StrEnum):
    """What became of a row."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True, slots=True)
class Failure:
    """One place at which a row fails.

    Attributes:
        what: What is wrong there, in a few words.
        second: From the start of the lesson; None where the fault has no place in time.
    """

    what: str
    second: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row's measurement found.

    Attributes:
        value: The worst value found, in the row's unit; None where nothing was there to measure.
        failures: All places at which the row fails; it passes where there are none.
    """

    value: float | None
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Row(Generic[Subject]):
    """One row of the lesson rules, and how it is measured.

    Attributes:
        threshold: What passes, as reports show it.
        unit: Of the measured value.
    """

    name: str
    threshold: str
    unit: str
    measure: Callable[[Subject], Reading]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row as a report shows it.

    Attributes:
        value: The worst value found, in `unit`; None where nothing was there to measure.
        reason: Why the row was not measured, or an empty string.
    """

    row: str
    value: float | None
    threshold: str
    unit: str
    verdict: Verdict
    reason: str = ""
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All rows of one lesson."""

    measurements: tuple[Measurement, ...]

    @property
    def failed_rows(self) -> tuple[str, ...]:
        """The names of the rows that fail."""
        return self._with(Verdict.FAILED)

    @property
    def unmeasured_rows(self) -> tuple[str, ...]:
        """The names of the rows that were not measured."""
        return self._with(Verdict.NOT_MEASURED)

    def _with(self, verdict: Verdict) -> tuple[str, ...]:
        return tuple(one.row for one in self.measurements if one.verdict is verdict)


def measure_rows(
    rows: Sequence[Row[Subject]], subject: Subject | None, reason: str
) -> Iterator[Measurement]:
    """Measure rows on their subject; where there is none, say for which reason."""
    for row in rows:
        if subject is None:
            yield Measurement(row.name, None, row.threshold, row.unit, Verdict.NOT_MEASURED, reason)
            continue
        reading = row.measure(subject)
        verdict = Verdict.FAILED if reading.failures else Verdict.PASSED
        value = None if reading.value is None else round(reading.value, 3)
        yield Measurement(
            row.name, value, row.threshold, row.unit, verdict, failures=reading.failures
        )


def write_report(report: QualityReport) -> str:
    """Return a report as JSON: a summary, then every row."""
    body = {
        "failed": list(report.failed_rows),
        "not_measured": list(report.unmeasured_rows),
        "rows": [_as_json(one) for one in report.measurements],
    }
    return json.dumps(body, indent=2) + "\n"


def _as_json(one: Measurement) -> dict[str, object]:
    found: dict[str, object] = {
        "row": one.row,
        "verdict": one.verdict.value,
        "value": one.value,
        "unit": one.unit,
        "threshold": one.threshold,
    }
    if one.reason:
        found["reason"] = one.reason
    if one.failures:
        found["failures"] = [
            {
                "second": None if failure.second is None else round(failure.second, 2),
                "what": failure.what,
            }
            for failure in one.failures
        ]
    return found


def worst_above(found: Sequence[tuple[float, Failure]], limit: float) -> Reading:
    """The reading of values that may not be above a limit; the highest is the worst."""
    worst = max((value for value, _ in found), default=None)
    return Reading(worst, tuple(failure for value, failure in found if value > limit))


def worst_below(found: Sequence[tuple[float, Failure]], limit: float) -> Reading:
    """The reading of values that may not be below a limit; the lowest is the worst."""
    worst = min((value for value, _ in found), default=None)
    return Reading(worst, tuple(failure for value, failure in found if value < limit))


def counted(failures: Sequence[Failure]) -> Reading:
    """The reading of a row that counts its faults."""
    return Reading(float(len(failures)), tuple(failures))
