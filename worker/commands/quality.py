"""`quality`: measures a lesson's folder again, from its files alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from worker.adapters.render_pool import RenderPool
from worker.commands.exit_codes import ExitCode
from worker.lessons.quality.report import Measurement, QualityReport, Verdict, write_report
from worker.pipeline.judge_lesson import judge_lesson

_MARKS = {Verdict.PASSED: "ok", Verdict.FAILED: "FAILED", Verdict.NOT_MEASURED: "-"}


async def measure_quality(folder: Path, *, as_json: bool) -> ExitCode:
    """Print every row of the lesson rules for the lesson in a folder.

    Raises:
        LessonInvalidError: The folder holds no lesson, or its files contradict each other.
        RenderCrashedError: What decodes the files died.
    """
    pool = RenderPool(1)
    await pool.start()
    try:
        report = await judge_lesson(folder, pool)
    finally:
        await pool.close()
    if as_json:
        print(write_report(report), end="")
    else:
        print(*_lines(report), sep="\n")
    return ExitCode.OWN_FAULT if report.failed_rows else ExitCode.DONE


def _lines(report: QualityReport) -> Iterator[str]:
    for one in report.measurements:
        yield from _describe(one)
    count = len(report.measurements)
    failed, unmeasured = len(report.failed_rows), len(report.unmeasured_rows)
    yield (
        f"{count - failed - unmeasured} of {count} rows passed, {failed} failed, "
        f"{unmeasured} not measured"
    )


def _describe(one: Measurement) -> Iterator[str]:
    value = "" if one.value is None else f"{one.value:g} {one.unit}"
    yield f"{_MARKS[one.verdict]:<7}{one.row:<20}{value:<28}{one.reason or one.threshold}".rstrip()
    for failure in one.failures:
        at = "" if failure.second is None else f"{_clock(failure.second)}  "
        yield f"{'':<7}{at}{failure.what}"


def _clock(second: float) -> str:
    return f"{int(second) // 60}:{second % 60:05.2f}"
