"""Rows about captions, read from the caption file."""

from __future__ import annotations

from worker.lessons.quality.evidence import Captioned, ReadCue, word_stream
from worker.lessons.quality.report import Failure, Reading, Row, counted, worst_above
from worker.lessons.timeline import FRAMES_PER_SECOND

LINE_CHARACTERS = 42
CUE_LINES = 2
SHORTEST_CUE, LONGEST_CUE = 0.83, 7.0
CHARACTERS_PER_SECOND = 17.0
YOUNG_CHARACTERS_PER_SECOND = 13.0
LAST_YOUNG_GRADE = 3
CAPTION_FRAMES = 3
_MILLISECOND = 0.001
"""What WebVTT rounds to."""


def _line_characters(captioned: Captioned) -> Reading:
    return worst_above(
        [
            (float(len(line)), Failure(f"{len(line)} characters", cue.start))
            for cue in captioned.cues
            for line in cue.lines
        ],
        LINE_CHARACTERS,
    )


def _lines(captioned: Captioned) -> Reading:
    return worst_above(
        [
            (float(len(cue.lines)), Failure(f"{len(cue.lines)} lines", cue.start))
            for cue in captioned.cues
        ],
        CUE_LINES,
    )


def _seconds(captioned: Captioned) -> Reading:
    """The value is the shortest cue, or the longest one where that is too long."""
    lengths = [(cue.end - cue.start, cue.start) for cue in captioned.cues]
    failures = tuple(
        Failure(f"{seconds:.2f} s", start)
        for seconds, start in lengths
        if not SHORTEST_CUE - _MILLISECOND <= seconds <= LONGEST_CUE + _MILLISECOND
    )
    longest = max((seconds for seconds, _ in lengths), default=0.0)
    shortest = min((seconds for seconds, _ in lengths), default=0.0)
    return Reading(longest if longest > LONGEST_CUE + _MILLISECOND else shortest, failures)


def _reading_speed(captioned: Captioned) -> Reading:
    is_young = captioned.spoken.storyboard.grade_level <= LAST_YOUNG_GRADE
    limit = YOUNG_CHARACTERS_PER_SECOND if is_young else CHARACTERS_PER_SECOND
    found = []
    for cue in captioned.cues:
        speed = _speed(cue)
        found.append((speed - limit, Failure(f"{speed:.1f} characters a second", cue.start)))
    return worst_above(found, 0.05)


def _speed(cue: ReadCue) -> float:
    characters = sum(map(len, cue.lines))
    return characters / (cue.end - cue.start) if cue.end > cue.start else float(characters)


def _words(captioned: Captioned) -> Reading:
    """The captions say what is spoken, word for word."""
    spoken = list(word_stream(captioned.spoken.timeline.scenes))
    shown = [(word, cue.start) for cue in captioned.cues for word in " ".join(cue.lines).split()]
    for (said, second), (read, _) in zip(spoken, shown, strict=False):
        if said != read:
            return counted([Failure(f"{said!r} is spoken, {read!r} is shown", second)])
    if len(spoken) != len(shown):
        return counted([Failure(f"{len(spoken)} words are spoken, {len(shown)} shown", None)])
    return counted([])


def _timing(captioned: Captioned) -> Reading:
    """How far the start of a cue is from its first word, in frames."""
    starts = [second for _, second in word_stream(captioned.spoken.timeline.scenes)]
    found, place = [], 0
    for cue in captioned.cues:
        if place < len(starts):
            frames = abs(cue.start - starts[place]) * FRAMES_PER_SECOND
            what = f"{frames:.1f} frames from its first word"
            found.append((frames, Failure(what, cue.start)))
        place += len(" ".join(cue.lines).split())
    return worst_above(found, CAPTION_FRAMES)


CAPTION_ROWS: tuple[Row[Captioned], ...] = (
    Row("caption-line", "42 or fewer", "characters", _line_characters),
    Row("caption-lines", "2 or fewer", "lines", _lines),
    Row("caption-seconds", "0.83-7", "s", _seconds),
    Row("caption-speed", "17 a second or fewer (13 for grades 1-3)", "cps above", _reading_speed),
    Row("caption-words", "what is spoken, word for word", "differences", _words),
    Row("caption-timing", "3 or fewer from the first word", "frames", _timing),
)
"""What needs the caption file: a track beside the pictures, so that it can be turned off."""
