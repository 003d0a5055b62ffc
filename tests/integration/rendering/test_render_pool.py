"""What happens to a render when its child, its caller or its parent goes away."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from worker.adapters.render_limits import RenderLimits
from worker.adapters.render_pool import RenderPool
from worker.lessons.errors import LessonInvalidError, RenderCrashedError, RenderTimeoutError
from worker.lessons.lesson_assembly import LessonAssembly
from worker.lessons.render_plan import ScenePlan
from worker.rendering.child import NICENESS

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 120.0


class Progress:
    """Hears the frames done, and lets a test wait for the first of them."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.has_begun = asyncio.Event()

    def __call__(self, frames: int) -> None:
        """Hear of frames."""
        self.heard.append(frames)
        self.has_begun.set()


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - other processes set no event here
            await asyncio.sleep(0.05)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest_asyncio.fixture(loop_scope="module")
async def single() -> RenderPool:
    """A pool with one child, not yet started."""
    return RenderPool(1)


async def test_progress_rises_to_the_last_frame(
    pool: RenderPool, short_plan: ScenePlan, tmp_path: Path
) -> None:
    progress = Progress()
    await pool.render_segment(short_plan, tmp_path / "segment.mp4", progress)
    assert progress.heard == sorted(progress.heard)
    assert progress.heard[-1] == short_plan.frame_count
    assert len(progress.heard) > 2


async def test_a_child_that_dies_costs_its_own_render_alone(
    pool: RenderPool, endless_plan: ScenePlan, short_plan: ScenePlan, tmp_path: Path
) -> None:
    doomed, spared = Progress(), Progress()
    others = set(pool.child_pids())
    tasks = [
        asyncio.create_task(pool.render_segment(endless_plan, tmp_path / name, progress))
        for name, progress in (("one.mp4", doomed), ("two.mp4", spared))
    ]
    await asyncio.gather(doomed.has_begun.wait(), spared.has_begun.wait())
    victim = pool.child_pids()[0]
    os.kill(victim, signal.SIGKILL)
    done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert [type(task.exception()) for task in done] == [RenderCrashedError]
    # The other one still works, in its old process.
    (survivor,) = running
    heard = len(doomed.heard) + len(spared.heard)
    await until(lambda: len(doomed.heard) + len(spared.heard) > heard)
    assert others - {victim} <= set(pool.child_pids())
    # And the dead one has been replaced.
    await pool.render_segment(short_plan, tmp_path / "three.mp4", Progress())
    survivor.cancel()
    with pytest.raises(asyncio.CancelledError):
        await survivor
    assert names(tmp_path) == ["three.mp4"]


async def test_cancelling_a_render_ends_its_child_and_leaves_no_file(
    pool: RenderPool, endless_plan: ScenePlan, short_plan: ScenePlan, tmp_path: Path
) -> None:
    progress = Progress()
    before = set(pool.child_pids())
    task = asyncio.create_task(
        pool.render_segment(endless_plan, tmp_path / "segment.mp4", progress)
    )
    await until(lambda: names(tmp_path))  # something is being written
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(tmp_path) == []
    assert len(before - set(pool.child_pids())) == 1
    await asyncio.gather(
        *(pool.render_segment(short_plan, tmp_path / f"{n}.mp4", Progress()) for n in range(3))
    )
    assert names(tmp_path) == ["0.mp4", "1.mp4", "2.mp4"]


async def test_an_existing_file_is_replaced_whole_or_not_at_all(
    pool: RenderPool, endless_plan: ScenePlan, short_plan: ScenePlan, tmp_path: Path
) -> None:
    target = tmp_path / "segment.mp4"
    target.write_bytes(b"old")
    progress = Progress()
    task = asyncio.create_task(pool.render_segment(endless_plan, target, progress))
    await progress.has_begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert target.read_bytes() == b"old"
    await pool.render_segment(short_plan, target, Progress())
    assert target.stat().st_size > 100


async def test_an_error_of_the_work_itself_leaves_the_child_alive(
    pool: RenderPool, tmp_path: Path
) -> None:
    before = set(pool.child_pids())
    job = LessonAssembly((), 30, tmp_path / "narration.m4a", "T", "qq", ())
    with pytest.raises(LessonInvalidError, match="'qq'"):
        await pool.assemble(job, tmp_path / "lesson.mp4")
    assert before <= set(pool.child_pids())


async def test_a_fault_that_nobody_foresaw_arrives_as_a_crash_with_its_name(
    pool: RenderPool, short_plan: ScenePlan, tmp_path: Path
) -> None:
    with pytest.raises(RenderCrashedError, match="FileNotFoundError"):
        await pool.draw_poster(short_plan, 0, tmp_path / "no-such-folder" / "poster.png")


async def test_a_child_that_dies_while_idle_costs_no_render(
    single: RenderPool, short_plan: ScenePlan, tmp_path: Path
) -> None:
    await single.start()
    (pid,) = single.child_pids()
    os.kill(pid, signal.SIGKILL)
    await until(partial(is_gone, pid))
    await asyncio.sleep(0.2)
    await single.render_segment(short_plan, tmp_path / "segment.mp4", Progress())
    await single.close()
    assert names(tmp_path) == ["segment.mp4"]


@pytest_asyncio.fixture(loop_scope="module")
async def watched() -> AsyncIterator[tuple[RenderPool, list[str]]]:
    """A pool of two with short limits, and why its children were replaced."""
    reasons: list[str] = []
    pool = RenderPool(2, RenderLimits(least_seconds=8.0, renders_per_child=2), reasons.append)
    await pool.start()
    yield pool, reasons
    await pool.close()


async def test_a_child_that_hangs_is_killed_and_costs_its_own_render_alone(
    watched: tuple[RenderPool, list[str]], short_plan: ScenePlan, tmp_path: Path
) -> None:
    """SIGSTOP is the hang; what the other child renders meanwhile is not touched."""
    pool, reasons = watched
    hung = pool.child_pids()
    for pid in hung:
        os.kill(pid, signal.SIGSTOP)
    tasks = [
        asyncio.create_task(pool.render_segment(short_plan, tmp_path / name, Progress()))
        for name in ("one.mp4", "two.mp4")
    ]
    await asyncio.sleep(0.5)
    os.kill(hung[0], signal.SIGCONT)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    assert [type(failure) for failure in failures] == [RenderTimeoutError]
    assert reasons == ["time_limit"]
    assert is_gone(hung[1])
    assert len(names(tmp_path)) == 1, "a whole segment, and nothing of the other"
    await pool.render_segment(short_plan, tmp_path / "three.mp4", Progress())


async def test_a_child_that_hangs_while_it_starts_is_killed_too(
    short_plan: ScenePlan, tmp_path: Path
) -> None:
    pool = RenderPool(1, RenderLimits(least_seconds=1.0))
    others = set(multiprocessing.active_children())
    starting = asyncio.create_task(pool.start())
    await asyncio.sleep(0)
    (newest,) = set(multiprocessing.active_children()) - others
    assert newest.pid is not None
    os.kill(newest.pid, signal.SIGSTOP)
    with pytest.raises(RenderTimeoutError):
        await pool.render_segment(
            replace(short_plan, frame_count=1), tmp_path / "s.mp4", Progress()
        )
    assert is_gone(newest.pid)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await pool.close()


async def test_a_child_is_replaced_after_so_many_renders(
    watched: tuple[RenderPool, list[str]], short_plan: ScenePlan, tmp_path: Path
) -> None:
    pool, reasons = watched
    before = set(pool.child_pids())
    for number in range(5):
        await pool.render_segment(short_plan, tmp_path / f"{number}.mp4", Progress())
    assert "recycled" in reasons
    await until(lambda: len(pool.child_pids()) == 2)
    assert before != set(pool.child_pids())
    assert len(names(tmp_path)) == 5


async def test_closing_leaves_no_process(single: RenderPool) -> None:
    await single.start()
    pids = single.child_pids()
    assert len(pids) == 1
    await single.close()
    assert all(is_gone(pid) for pid in pids)
    assert single.child_pids() == ()


async def test_closing_waits_for_no_child_that_hangs(single: RenderPool) -> None:
    """SIGSTOP is the hang; a child that is idle, or that still starts, could hang, too."""
    await single.start()
    (pid,) = single.child_pids()
    os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(PATIENCE):
        await single.close()
    assert is_gone(pid)


async def test_a_pool_that_ends_replaces_no_child(
    single: RenderPool, endless_plan: ScenePlan, tmp_path: Path
) -> None:
    await single.start()
    progress = Progress()
    rendering = asyncio.create_task(
        single.render_segment(endless_plan, tmp_path / "endless.mp4", progress)
    )
    await progress.has_begun.wait()
    before = set(multiprocessing.active_children())
    single.replace_no_more()
    rendering.cancel()
    await asyncio.gather(rendering, return_exceptions=True)
    assert set(multiprocessing.active_children()) < before
    assert single.child_pids() == ()
    await single.close()


async def test_closing_ends_renders_that_run_and_renders_that_wait(
    single: RenderPool, endless_plan: ScenePlan, tmp_path: Path
) -> None:
    await single.start()
    progress = Progress()
    running, waiting = (
        asyncio.create_task(single.render_segment(endless_plan, tmp_path / name, progress))
        for name in ("running.mp4", "waiting.mp4")
    )
    await progress.has_begun.wait()
    await single.close()
    for task in (running, waiting):
        with pytest.raises(RenderCrashedError):
            await task
    assert names(tmp_path) == []


async def test_the_check_renders_and_says_with_what(pool: RenderPool, tmp_path: Path) -> None:
    readiness = await pool.check(tmp_path)
    assert names(tmp_path) == []
    assert readiness.moviepy.startswith("2.")
    assert readiness.font == "Inter Regular"
    assert all((readiness.pyav, readiness.pillow, readiness.libavcodec, readiness.shaping))


async def test_a_pool_without_children_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one child"):
        RenderPool(0)


PARENT = """
import asyncio, sys
from pathlib import Path
from worker.adapters.render_limits import RenderLimits
from worker.adapters.render_pool import RenderPool
from worker.lessons.render_plan import Box, Motion, PanelElement, Role, ScenePlan

async def main():
    pool = RenderPool(2)
    await pool.start()
    motion = Motion(0, 30000, fade_in=29999)
    panel = PanelElement("p", Role.DECORATION, Box(0, 0, 640, 360), motion, "#ffffff")
    plan = ScenePlan("s", 640, 360, 30001, "#000000", (panel,))
    say = lambda frames: print("frames", flush=True) if frames == 1 else None
    print(*pool.child_pids(), flush=True)
    await pool.render_segment(plan, Path(sys.argv[1]), say)

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen(  # noqa: ASYNC220 - the test waits for its lines anyway
        [sys.executable, str(script), str(tmp_path / "segment.mp4")],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert parent.stdout.readline() == "frames\n"
        parent.kill()
    assert len(pids) == 2
    for pid in pids:
        await until(partial(is_gone, pid))


async def test_a_child_leaves_the_cores_to_the_event_loop(pool: RenderPool) -> None:
    """Leases are extended in time although every core renders."""
    for pid in pool.child_pids():
        assert psutil.Process(pid).nice() == psutil.Process().nice() + NICENESS
