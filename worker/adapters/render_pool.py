"""Renders in child processes: one executor for each child, so that a crash costs one render.

A ProcessPoolExecutor whose child dies breaks every future it holds. Here every executor has
one child and one render at a time: a child that dies or hangs fails its own render alone and is
replaced. Children are spawned, never forked: the parent runs an event loop and threads.
MoviePy is imported in the children only.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from PIL import features

from worker.adapters.finished_files import assemble, measure
from worker.adapters.identity import identify
from worker.adapters.render_limits import RenderLimits
from worker.adapters.render_line import RenderLine
from worker.adapters.render_work import FRAMES_PER_SECOND, RenderWork
from worker.charges import charged
from worker.lessons.costs import Usage
from worker.lessons.errors import RenderCrashedError, WorkerError
from worker.lessons.lesson_assembly import LessonAssembly, Narration
from worker.lessons.quality.evidence import FileFigures, SoundFigures
from worker.lessons.render_plan import ScenePlan
from worker.ports import FinishedFiles, LessonFacts
from worker.rendering import child as in_child
from worker.rendering.child import RenderReadiness

Result = TypeVar("Result")

PIXEL_LIBRARIES = ("moviepy", "av", "pillow", "numpy", "fontpkg-inter")
"""Installed packages that decide what a segment looks like, ffmpeg and x264 within PyAV's."""

PIXEL_MODULES = (
    "worker.layout.fonts",
    "worker.layout.theme",
    "worker.lessons.render_plan",
    "worker.lessons.scene_changes",
    "worker.lessons.timeline",
    "worker.rendering.composition",
    "worker.rendering.encoding",
    "worker.rendering.lesson_video",
    "worker.rendering.planes",
    "worker.rendering.sprites",
    "worker.rendering.stacks",
)
"""Our own modules that do; a test holds them to what a child imports."""


class RenderPool:
    """A LessonRenderer over a fixed number of child processes.

    `start` before use, `close` after it, both on the same event loop; `begin` saves waiting.
    """

    def __init__(
        self,
        children: int,
        limits: RenderLimits | None = None,
        on_replaced: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare a pool.

        Args:
            children: Processes, and renders at once.
            limits: What one child may do; the defaults if None.
            on_replaced: Hears why a child is replaced: died, time_limit, cancelled or recycled.

        Raises:
            ValueError: A pool without children was asked for.
        """
        if children < 1:
            raise ValueError("a render pool needs at least one child")
        self._size = children
        self._limits = limits or RenderLimits()
        self._on_replaced = on_replaced
        self._line: RenderLine[_Child] = RenderLine()
        self._children: set[_Child] = set()
        self._open: set[asyncio.Future[None]] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._serial = itertools.count()
        self._is_closed = self._is_ending = False

    @cached_property
    def identity(self) -> str:
        """The digest of the libraries, the font and our own modules that draw and encode.

        Pillow shapes text with a library of the machine's where it finds it (FriBiDi).
        """
        shaping = "raqm" if features.check("raqm") else "basic"
        return identify(f"segment, text shaped by {shaping}", PIXEL_LIBRARIES, PIXEL_MODULES)

    def begin(self) -> None:
        """Start the children; they import what they render with while others do other things."""
        for _ in range(self._size - len(self._children)):
            self._add_child()

    async def start(self) -> None:
        """Start the children, where that was not begun, and wait until each can render.

        Raises:
            RenderCrashedError: A child could not start.
        """
        self.begin()
        await asyncio.gather(*(child.pid() for child in tuple(self._children)))

    async def close(self) -> None:
        """End the children; renders that run or wait fail with RenderCrashedError.

        They are killed, also those that still start: nothing that they hold outlives them.
        """
        self._is_closed = self._is_ending = True
        self._line.close()
        children, self._children = self._children, set()
        for child in children:
            child.kill()
        await asyncio.gather(*(child.end() for child in children))
        if self._open:
            await asyncio.wait(self._open)  # until each has removed its unfinished file
        await asyncio.gather(*self._retiring)

    def replace_no_more(self) -> None:
        """Start no child any more: `close` follows soon."""
        self._is_ending = True

    async def check(self, folder: Path) -> RenderReadiness:
        """Draw and encode a small scene in a child, and say with what.

        Args:
            folder: Where the file of the scene is, for a moment.

        Raises:
            RenderCrashedError: It failed; the message says why.
        """
        return await self._run(RenderWork("check", partial(in_child.try_everything, folder)))

    async def render_segment(
        self, plan: ScenePlan, target: Path, on_progress: Callable[[int], None]
    ) -> float:
        """See `LessonRenderer.render_segment`."""
        unfinished = self._unfinished(target)
        seconds = await self._run(
            RenderWork(
                "segment",
                partial(in_child.render_segment, plan, unfinished),
                plan.frame_count,
                unfinished,
                on_progress,
                plan.frame_count / FRAMES_PER_SECOND,
            )
        )
        unfinished.replace(target)
        on_progress(plan.frame_count)  # the child's last word may still be on its way
        return seconds

    async def encode_narration(self, narration: Narration, target: Path) -> None:
        """See `LessonRenderer.encode_narration`."""
        unfinished = self._unfinished(target)
        work = partial(in_child.encode_narration, narration, unfinished)
        await self._run(RenderWork("narration", work, narration.frame_count, unfinished))
        unfinished.replace(target)

    async def assemble(self, assembly: LessonAssembly, target: Path) -> LessonFacts:
        """See `LessonRenderer.assemble`."""
        unfinished = self._unfinished(target)
        work = partial(assemble, assembly, unfinished)
        facts = await self._run(RenderWork("assemble", work, assembly.frame_count, unfinished))
        unfinished.replace(target)
        return facts

    async def measure(self, files: FinishedFiles) -> tuple[SoundFigures, FileFigures | None]:
        """See `LessonRenderer.measure`."""
        work = partial(measure, files)
        return await self._run(RenderWork("measure", work, files.frame_count))

    async def draw_poster(self, plan: ScenePlan, frame: int, target: Path) -> None:
        """See `LessonRenderer.draw_poster`."""
        unfinished = self._unfinished(target)
        work = partial(in_child.draw_poster, plan, frame, unfinished)
        await self._run(RenderWork("poster", work, unfinished=unfinished))
        unfinished.replace(target)

    def child_pids(self) -> tuple[int, ...]:
        """Process ids of the children that are ready."""
        pids = (child.known_pid for child in self._children)
        return tuple(pid for pid in pids if pid is not None)

    async def _run(self, work: RenderWork[Result]) -> Result:
        """Run one piece of work in the next free child.

        The unfinished file is gone whenever this does not return.
        """
        async with charged(work.call) as charge:
            is_over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._open.add(is_over)
            try:
                result, cpu_seconds = await self._run_in_child(work)
            finally:
                self._open.discard(is_over)
                is_over.set_result(None)
            charge.settle(Usage(cpu_seconds=cpu_seconds))
            return result

    async def _run_in_child(self, work: RenderWork[Result]) -> tuple[Result, float]:
        child = await self._free_child(work.head_start_seconds)
        limit = asyncio.timeout(self._limits.seconds_for(work.frames))
        try:
            async with limit:
                result = await child.run(partial(in_child.measured, work.run), work.on_progress)
        except WorkerError:
            if child.is_broken:
                await self._retire(child, work.unfinished, "died")
            else:
                _remove(work.unfinished)
                self._give_back(child)
            raise
        except BaseException as error:
            # The child still works on something that nobody waits for, or hangs.
            is_late = limit.expired()
            await self._retire(child, work.unfinished, "time_limit" if is_late else "cancelled")
            if is_late:
                raise self._limits.too_late(work.frames) from error
            raise
        self._give_back(child)
        return result

    async def _free_child(self, head_start_seconds: float) -> _Child:
        """Wait for a free child; one that died while it was idle costs no render."""
        while (child := await self._line.get(head_start_seconds)) is not None:
            if not child.is_gone:
                return child
            await self._retire(child, None, "died")
        raise RenderCrashedError("the render pool is closed")

    def _give_back(self, child: _Child) -> None:
        """Put a child that has done its work back, or a new one in its place."""
        if child.calls < self._limits.renders_per_child or self._is_closed:
            self._line.put(child)
            return
        self._begin_to_replace(child, None, "recycled")

    async def _retire(self, child: _Child, unfinished: Path | None, reason: str) -> None:
        """Kill a child, remove what it left, and put a new one in its place."""
        child.kill()
        await asyncio.shield(self._begin_to_replace(child, unfinished, reason))

    def _begin_to_replace(
        self, child: _Child, unfinished: Path | None, reason: str
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(self._replace(child, unfinished), name="retire-render-child")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        self._on_replaced(reason)
        return task

    async def _replace(self, child: _Child, unfinished: Path | None) -> None:
        await child.end()
        _remove(unfinished)
        self._children.discard(child)
        if not self._is_ending:
            self._add_child()

    def _add_child(self) -> None:
        child = _Child()
        self._children.add(child)
        self._line.put(child)

    def _unfinished(self, target: Path) -> Path:
        """A name beside the target that no other render uses."""
        return target.with_name(f".{target.name}.{os.getpid()}-{next(self._serial)}.unfinished")


class _Child:
    """One process behind its own executor, and the pipe that its progress comes through.

    Attributes:
        calls: Works that it was given.
        is_broken: A call met its death.
        is_gone: Its end of the pipe is closed: the process has ended.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._receiver, sender = context.Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(
            max_workers=1,
            mp_context=context,
            initializer=in_child.become_child,
            initargs=(sender,),
        )
        others = set(multiprocessing.active_children())
        self._ready = asyncio.wrap_future(self._executor.submit(in_child.warm_up))
        (self._process,) = set(multiprocessing.active_children()) - others
        sender.close()  # the child has its own now; ours would hide that the child is gone
        self._loop = asyncio.get_running_loop()
        self._on_progress: Callable[[int], None] | None = None
        self.calls = 0
        self._ending: asyncio.Task[None] | None = None
        self.is_broken = False
        self.is_gone = False
        self._ear = threading.Thread(target=self._listen, name="render-progress", daemon=True)
        self._ear.start()

    @property
    def known_pid(self) -> int | None:
        """The process id, once the child is ready."""
        if not self._ready.done() or self._ready.exception():
            return None
        return self._ready.result()

    async def pid(self) -> int:
        """Wait until the child is ready.

        Raises:
            RenderCrashedError: It could not start.
        """
        try:
            return await asyncio.shield(self._ready)
        except BrokenProcessPool as error:
            self.is_broken = True
            raise RenderCrashedError("a render child died while it started") from error

    async def run(
        self, work: Callable[[], Result], on_progress: Callable[[int], None] | None
    ) -> Result:
        """Run one piece of work.

        Raises:
            RenderCrashedError: The child died.
        """
        await self.pid()
        self.calls += 1
        self._on_progress = on_progress
        try:
            future = self._executor.submit(in_child.run, self.calls, work)
            return await asyncio.wrap_future(future)
        except BrokenProcessPool as error:
            self.is_broken = True
            raise RenderCrashedError(
                "a render child died", "it may have met the memory limit"
            ) from error
        finally:
            self._on_progress = None

    def kill(self) -> None:
        """End the process at once, also one that hangs in its start; harmless when it is gone."""
        self._process.kill()

    async def end(self) -> None:
        """Wait until the process is gone; may be called again, and by several at once."""
        if self._ending is None:
            # An executor that is shut down by two threads at once closes its pipes twice.
            self._ending = asyncio.create_task(self._end(), name="end-render-child")
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        await asyncio.to_thread(self._executor.shutdown, wait=True, cancel_futures=True)
        await asyncio.to_thread(self._ear.join)
        self._receiver.close()

    def _listen(self) -> None:
        with suppress(EOFError, OSError, RuntimeError):  # the child or the loop has ended
            while True:
                call, frames = self._receiver.recv()
                self._loop.call_soon_threadsafe(self._hear, call, frames)
        self.is_gone = True

    def _hear(self, call: int, frames: int) -> None:
        if call == self.calls and self._on_progress is not None:
            self._on_progress(frames)


def _remove(unfinished: Path | None) -> None:
    if unfinished is not None:
        unfinished.unlink(missing_ok=True)
