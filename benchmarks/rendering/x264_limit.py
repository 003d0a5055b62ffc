"""The limit: libx264 alone, with the worker's settings, encoding frames that lie in memory.

    python -m benchmarks.rendering.x264_limit [--all]

Nothing is composed or converted while it runs. The last line is JSON: CPU seconds for the
distinct frames, and with `--all` for every frame of the lesson, too (else 0).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.rendering.lesson import make_lesson
from worker.lessons.render_plan import ScenePlan
from worker.rendering.composition import ScenePainter
from worker.rendering.encoding import Shot, encode_segment, plan_shots
from worker.rendering.planes import PlaneCanvas

Frames = list[tuple[int, PlaneCanvas]]


def main() -> None:
    """Draw all distinct frames, then time their encoding alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plans = make_lesson(60, folder).plans(with_captions=True)
        distinct = everything = 0.0
        count = 0
        for plan in plans:
            frames = _drawn(plan)
            count += len(frames)
            distinct += _encode(frames, _only_new(frames, plan.frame_count), folder / "a.mp4")
            if parsed.all:
                everything += _encode(frames, _all(frames, plan.frame_count), folder / "b.mp4")
    print(json.dumps({"frames": count, "distinct": distinct, "everything": everything}))


def _drawn(plan: ScenePlan) -> Frames:
    return [
        (frame, replace(canvas, pixels=canvas.pixels.copy()))
        for frame, canvas in ScenePainter(plan).canvases()
    ]


def _only_new(frames: Frames, frame_count: int) -> list[Shot]:
    """Every distinct frame, sent once: no repeats, random access points where the worker's are."""
    shots = plan_shots([frame for frame, _ in frames], frame_count)
    keys = {shot.frame for shot in shots if shot.is_key}
    ends = [*(frame for frame, _ in frames[1:]), frame_count]
    pairs = zip(frames, ends, strict=True)
    return [Shot(frame, end - frame, frame in keys, is_new=True) for (frame, _), end in pairs]


def _all(frames: Frames, frame_count: int) -> list[Shot]:
    """Every frame of the scene, whether it differs or not."""
    keys = {shot.frame for shot in _only_new(frames, frame_count) if shot.is_key}
    new = {frame for frame, _ in frames}
    return [Shot(frame, 1, frame in keys, frame in new) for frame in range(frame_count)]


def _encode(frames: Iterable[tuple[int, PlaneCanvas]], shots: list[Shot], target: Path) -> float:
    began = time.process_time()
    _run(encode_segment(frames, shots, target))
    return time.process_time() - began


def _run(steps: Iterator[int]) -> None:
    for _ in steps:
        pass


if __name__ == "__main__":
    main()
