"""The worker's own rendering: its pool of children, from plans and samples to one MP4."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.rendering.lesson import BenchLesson
from worker.adapters.render_pool import RenderPool
from worker.lessons.render_plan import ScenePlan

CHILDREN = 2
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one rendering took, and what it made.

    Attributes:
        wall: Seconds from the first call to the finished file; the children were warm.
        cpu: CPU seconds of the children and of this process.
    """

    video: Path
    wall: float
    cpu: float


async def render(
    pool: RenderPool, lesson: BenchLesson, plans: tuple[ScenePlan, ...], folder: Path
) -> Rendered:
    """Render a lesson as the pipeline does: sound and scenes at once, then one file.

    The folder exists.
    """
    video, sound = folder / "lesson.mp4", folder / "narration.m4a"
    segments = tuple(folder / f"segment-{number:03}.mp4" for number in range(len(plans)))
    began, before = time.perf_counter(), _cpu(pool)
    async with asyncio.TaskGroup() as group:
        group.create_task(pool.encode_narration(lesson.narration, sound))
        for plan, target in zip(plans, segments, strict=True):
            group.create_task(pool.render_segment(plan, target, lambda _: None))
    await pool.assemble(lesson.assembly(segments, sound), video)
    return Rendered(video, time.perf_counter() - began, _cpu(pool) - before)


async def segment_cpu(pool: RenderPool, plans: tuple[ScenePlan, ...], folder: Path) -> float:
    """CPU seconds for the segments of a lesson, without its sound."""
    before = _cpu(pool)
    async with asyncio.TaskGroup() as group:
        for number, plan in enumerate(plans):
            target = folder / f"segment-{number:03}.mp4"
            group.create_task(pool.render_segment(plan, target, lambda _: None))
    return _cpu(pool) - before


def _cpu(pool: RenderPool) -> float:
    """CPU seconds that this process and the pool's children have used so far."""
    times = [psutil.Process(pid).cpu_times() for pid in (os.getpid(), *pool.child_pids())]
    return sum(one.user + one.system for one in times)


@contextmanager
def watched_memory() -> Iterator[list[float]]:
    """Collect the memory of this process and all below it, in MB, several times a second.

    Shared pages are counted once (proportional set size).
    """
    readings: list[float] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(SAMPLE_SECONDS):
            own = psutil.Process()
            readings.append(sum(map(_megabytes, [own, *own.children(recursive=True)])))

    watcher = threading.Thread(target=watch, name="watch-memory")
    watcher.start()
    try:
        yield readings
    finally:
        is_over.set()
        watcher.join()


def _megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0
