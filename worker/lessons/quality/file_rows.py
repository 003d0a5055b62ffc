"""Rows about the video file, read back from it."""

from __future__ import annotations

from itertools import zip_longest

from worker.lessons.quality.evidence import Filed
from worker.lessons.quality.report import Failure, Reading, Row, counted, worst_above, worst_below
from worker.lessons.timeline import FRAMES_PER_SECOND

TEXT_CONTRAST, LARGE_TEXT_CONTRAST = 4.5, 3.0
_SLACK = 1e-6


def _durations(filed: Filed) -> Reading:
    """The widest difference between pictures, sound and timeline, in frames."""
    lengths = (
        filed.figures.video_seconds,
        filed.figures.audio_seconds,
        filed.spoken.timeline.seconds,
    )
    frames = (max(lengths) - min(lengths)) * FRAMES_PER_SECOND
    what = f"pictures {lengths[0]:.3f} s, sound {lengths[1]:.3f} s, timeline {lengths[2]:.3f} s"
    return worst_above([(frames, Failure(what, min(lengths)))], 1.0 + _SLACK)


def _chapters(filed: Filed) -> Reading:
    """Every scene is a chapter that starts with it, to the frame."""
    failures = []
    for scene, chapter in zip_longest(filed.spoken.timeline.scenes, filed.figures.chapters):
        if scene is None:
            failures.append(Failure(f"chapter {chapter[0]!r} is no scene", chapter[1]))
        elif chapter is None or chapter[0] != scene.scene.title:
            failures.append(Failure(f"scene {scene.scene.scene_id} is no chapter", scene.start))
        elif abs(chapter[1] - scene.start) * FRAMES_PER_SECOND > 1.0 + _SLACK:
            failures.append(Failure(f"the chapter starts at {chapter[1]:.3f} s", scene.start))
    return counted(failures)


def _contrast(filed: Filed) -> Reading:
    """The lowest contrast as a share of what its text needs."""
    found = []
    for one in filed.figures.contrasts:
        needed = LARGE_TEXT_CONTRAST if one.is_large else TEXT_CONTRAST
        what = f"{one.element_id}: {one.ratio:.2f}:1, {needed}:1 is needed"
        found.append((one.ratio / needed, Failure(what, one.second)))
    return worst_below(found, 1.0)


def _bt709(filed: Filed) -> Reading:
    return counted([] if filed.figures.is_bt709 else [Failure("not tagged as BT.709")])


def _faststart(filed: Filed) -> Reading:
    return counted([] if filed.figures.is_faststart else [Failure("the index comes last")])


FILE_ROWS: tuple[Row[Filed], ...] = (
    Row("durations", "1 or fewer apart", "frames", _durations),
    Row("chapters", "every scene is one", "faults", _chapters),
    Row("contrast", "4.5:1, large text 3:1", "share of the least", _contrast),
    Row("bt709", "tagged", "faults", _bt709),
    Row("faststart", "the index first", "faults", _faststart),
)
"""What needs the video file; contrast is measured from its decoded pictures."""
