"""Rendering beside plain MoviePy and beside the encoder alone, in one run.

    python -m benchmarks.bench_render [--full] [--rounds 3] [--lengths]

The same lesson (60 s, six scenes, reveals, a diagram, captions burned in word by word, 1080p)
goes through:

- the plain MoviePy program: one second of each scene, extrapolated to all ten; `--full` renders
  everything (a quarter of an hour and more);
- the worker's render pool with two children, from plans and samples to one MP4;
- libx264 alone with the worker's settings, for the distinct frames and for all 1800.

The last two take turns, `--rounds` times (all 1800 frames only in the last); figures are
medians. `--lengths` also renders 60, 180
and 600 s and compares time and memory. CPU seconds are better than wall time where other work
shares the machine. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.rendering.judges import Vmaf, av_offset_frames, compare_pictures
from benchmarks.rendering.lesson import SCENES_PER_MINUTE, make_lesson
from benchmarks.rendering.ours import CHILDREN, Rendered, render, segment_cpu, watched_memory
from worker.adapters.render_pool import RenderPool
from worker.machine import read_machine

SECONDS = 60
ALL_FRAMES = SECONDS * 30
LENGTHS = (60, 180, 600)


@dataclass(frozen=True, slots=True)
class Plain:
    """The plain MoviePy program for the whole lesson.

    Attributes:
        extrapolated_from: Frames that were rendered, where not all were; else 0.
    """

    wall: float
    cpu: float
    extrapolated_from: int


@dataclass(frozen=True, slots=True)
class Limit:
    """CPU seconds of libx264 alone."""

    frames: int
    distinct: float
    everything: float


def main() -> None:
    """Run the contest and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="plain MoviePy renders everything")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lengths", action="store_true", help="also 180 and 600 s")
    parsed = parser.parse_args()
    print(
        f"{platform.platform()}, Python {platform.python_version()}, {read_machine().cpus:g} cores"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("ours", "bare", *map(str, LENGTHS)):
            (folder / part).mkdir()
        plain = _plain_moviepy(folder, is_full=parsed.full)
        result = asyncio.run(_contest(folder, plain, parsed.rounds))
        if parsed.lengths:
            result |= {"lengths": asyncio.run(_compare_lengths(folder))}
    print(json.dumps(result))


def _plain_moviepy(folder: Path, *, is_full: bool) -> Plain:
    arguments = ["--out", str(folder / "plain.mp4"), *(["--full"] if is_full else [])]
    found = _run_module("benchmarks.rendering.plain_moviepy", arguments)
    times = ALL_FRAMES / found["frames"]
    wall, cpu = (
        made + times * written
        for made, written in zip(found["made"], found["written"], strict=True)
    )
    rendered = found["frames"]
    note = "" if is_full else f", extrapolated from {rendered} frames of {ALL_FRAMES}"
    print(f"plain MoviePy: {wall:.1f} s, {cpu:.1f} CPU s{note}")
    return Plain(wall, cpu, 0 if is_full else rendered)


async def _contest(folder: Path, plain: Plain, rounds: int) -> dict[str, Any]:
    lesson = make_lesson(SECONDS, folder)
    plans = lesson.plans(with_captions=True)
    pool = RenderPool(CHILDREN)
    await pool.start()
    ours: list[Rendered] = []
    limits: list[Limit] = []
    for number in range(1, rounds + 1):
        ours.append(await render(pool, lesson, plans, folder / "ours"))
        # All frames take four times as long as everything else: once is enough.
        limits.append(_x264_alone(with_all=number == rounds))
        print(
            f"round {number}: worker {ours[-1].wall:.2f} s, {ours[-1].cpu:.2f} CPU s; "
            f"libx264 alone {limits[-1].distinct:.2f} CPU s for {limits[-1].frames} distinct frames"
        )
    bare = lesson.plans(with_captions=False)
    scene_cpu = [await segment_cpu(pool, bare, folder / "bare") for _ in range(rounds)]
    with watched_memory() as readings:
        video = (await render(pool, lesson, plans, folder / "ours")).video
    await pool.close()
    vmaf = await asyncio.to_thread(compare_pictures, video, plans, folder)
    result = _figures(plain, ours, limits, vmaf)
    result |= {
        "mb_per_minute": round(video.stat().st_size / 1e6 / (SECONDS / 60), 2),
        "peak_mb": round(max(readings)),
        "max_av_offset_frames": round(av_offset_frames(video, lesson), 3),
        "scene_cpu_seconds": round(median(scene_cpu) / SCENES_PER_MINUTE, 3),
        "rounds": rounds,
    }
    for label, value in result.items():
        print(f"  {label:<26}{value}")
    return result


def _figures(plain: Plain, ours: list[Rendered], limits: list[Limit], vmaf: Vmaf) -> dict[str, Any]:
    pairs = list(zip(ours, limits, strict=True))
    cores = min(CHILDREN, read_machine().cpus)
    return {
        "speedup_vs_moviepy": round(plain.wall / median(one.wall for one in ours), 1),
        "cpu_speedup_vs_moviepy": round(plain.cpu / median(one.cpu for one in ours), 1),
        "extrapolated_from_frames": plain.extrapolated_from,
        "cpu_vs_distinct_limit": round(median(o.cpu / limit.distinct for o, limit in pairs), 3),
        "cpu_vs_all_frames": round(ours[-1].cpu / limits[-1].everything, 3),
        "wall_vs_cpu_per_core": round(median(one.wall / (one.cpu / cores) for one in ours), 3),
        "vmaf": round(vmaf.mean, 2),
        "vmaf_worst": round(vmaf.worst, 2),
    }


def _x264_alone(*, with_all: bool) -> Limit:
    arguments = ["--all"] if with_all else []
    return Limit(**_run_module("benchmarks.rendering.x264_limit", arguments))


async def _compare_lengths(folder: Path) -> list[dict[str, Any]]:
    """Each length with children of its own, so that none inherits another's memory."""
    found = []
    for seconds in LENGTHS:
        lesson = make_lesson(seconds, folder)
        pool = RenderPool(CHILDREN)
        await pool.start()
        with watched_memory() as readings:
            made = await render(
                pool, lesson, lesson.plans(with_captions=True), folder / str(seconds)
            )
        await pool.close()
        per_minute = 60 / seconds
        print(
            f"{seconds} s: {made.wall:.1f} s, {made.cpu:.1f} CPU s "
            f"({made.cpu * per_minute:.2f} a minute), at most {max(readings):.0f} MB"
        )
        found.append(
            {
                "seconds": seconds,
                "wall": round(made.wall, 1),
                "cpu": round(made.cpu, 1),
                "peak_mb": round(max(readings)),
            }
        )
    return found


def _run_module(module: str, arguments: list[str]) -> dict[str, Any]:
    """Run a contestant in a process of its own, and read its last line."""
    environ = os.environ | {"FFMPEG_BINARY": "ffmpeg-imageio"}
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
