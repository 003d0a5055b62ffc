"""Measures every row on the evidence that there is; a pure function."""

from __future__ import annotations

from worker.lessons.quality.bullet_rows import BULLET_ROWS
from worker.lessons.quality.caption_rows import CAPTION_ROWS
from worker.lessons.quality.credit_rows import CREDIT_ROWS
from worker.lessons.quality.evidence import Captioned, Evidence, Filed, Heard, Shown, Spoken, Told
from worker.lessons.quality.file_rows import FILE_ROWS
from worker.lessons.quality.pace_rows import PACE_ROWS
from worker.lessons.quality.picture_rows import PICTURE_ROWS
from worker.lessons.quality.report import (
    Failure,
    Measurement,
    QualityReport,
    Reading,
    Row,
    Verdict,
    counted,
    measure_rows,
)
from worker.lessons.quality.sound_rows import SOUND_ROWS
from worker.lessons.quality.text_rows import TEXT_ROWS

NOT_ASKED_FOR = "nobody says which length was asked for"
NO_NARRATION = "there is no narration: a lesson to read"
NO_PICTURES = "there are no pictures: a lesson to read or to listen to"
NO_SOUND = "no file with sound was read"
NO_VIDEO = "no video file was read"
ONE_LESSON = "one lesson shows nothing of a second render: tests/integration/rendering hold it"


def _glyphs(missing: tuple[str, ...]) -> Reading:
    return counted([Failure(f"no glyph for {one}") for one in missing])


GLYPH_ROW: Row[tuple[str, ...]] = Row("glyphs", "none missing", "characters", _glyphs)


def measure(evidence: Evidence) -> QualityReport:
    """Measure every row; what the evidence lacks is reported as not measured, with the reason.

    The timeline, where there is one, has the storyboard's scenes.
    """
    told = Told(evidence.storyboard, evidence.timeline)
    spoken = _spoken(evidence)
    pictures = None if spoken is None or evidence.plans is None else Shown(spoken, evidence.plans)
    captions = evidence.captions
    captioned = None if spoken is None or captions is None else Captioned(spoken, captions)
    heard = None if spoken is None or evidence.sound is None else Heard(spoken, evidence.sound)
    filed = None if spoken is None or evidence.file is None else Filed(spoken, evidence.file)
    why = NO_NARRATION if spoken is None else ""
    return QualityReport(
        (
            *measure_rows(TEXT_ROWS, told, ""),
            *measure_rows(BULLET_ROWS, told, ""),
            *_knowing_the_length(spoken, tuple(measure_rows(PACE_ROWS, spoken, why))),
            *measure_rows(PICTURE_ROWS, pictures, NO_PICTURES),
            *measure_rows(CREDIT_ROWS, pictures, NO_PICTURES),
            *measure_rows((GLYPH_ROW,), evidence.missing_glyphs, NO_PICTURES),
            *measure_rows(CAPTION_ROWS, captioned, why or "there is no caption file"),
            *measure_rows(SOUND_ROWS, heard, why or NO_SOUND),
            *measure_rows(FILE_ROWS, filed, NO_VIDEO),
            Measurement("same-bytes", None, "twice the same", "", Verdict.NOT_MEASURED, ONE_LESSON),
        )
    )


def _spoken(evidence: Evidence) -> Spoken | None:
    if evidence.timeline is None:
        return None
    return Spoken(evidence.storyboard, evidence.timeline, evidence.asked_seconds)


def _knowing_the_length(
    spoken: Spoken | None, measured: tuple[Measurement, ...]
) -> tuple[Measurement, ...]:
    """Without the length that was asked for, the first of the rows is not measured."""
    if spoken is None or spoken.asked_seconds is not None:
        return measured
    length = measured[0]
    unknown = Measurement(
        length.row, None, length.threshold, length.unit, Verdict.NOT_MEASURED, NOT_ASKED_FOR
    )
    return (unknown, *measured[1:])
