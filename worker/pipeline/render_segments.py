"""Within the fifth stage: every scene becomes a segment as soon as it has been spoken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.layout.scenes import plan_scene
from worker.lessons.digest import digest_of
from worker.lessons.render_plan import ScenePlan
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import PlacedScene
from worker.pipeline.cache_entry import FORMAT, EntryKind, EntryName
from worker.pipeline.tools import Errand, OnShare, Tools

PROGRESS_SECONDS = 0.5
"""How often the row hears of frames done; each hearing is a transaction."""


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of a lesson, in playing order.

    Attributes:
        opening: The plan of the first one; the poster is drawn from it.
    """

    files: tuple[Path, ...]
    opening: ScenePlan


class SegmentStudio:
    """Renders scenes while later ones are still being spoken; used within `async with`.

    A failure shows in `finish`: the stage that it belongs to is the one that renders, and what
    is spoken meanwhile is kept. Leaving the block stops what still runs.
    """

    def __init__(self, errand: Errand, storyboard: Storyboard, tools: Tools) -> None:
        self._errand = errand
        self._storyboard = storyboard
        self._tools = tools
        self._arrivals: asyncio.Queue[PlacedScene | None] = asyncio.Queue()
        self._plans: dict[int, ScenePlan] = {}
        self._ready: list[tuple[int, int]] = []
        self._meter = _Meter()
        self._rendering: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._rendering = asyncio.create_task(self._render_arrivals(), name="render-segments")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._rendering.cancel()
        await asyncio.wait([self._rendering])
        if not self._rendering.cancelled():
            self._rendering.exception()  # raised by `finish`, or outweighed by what ended the block

    def add(self, placed: PlacedScene) -> None:
        """Take the next scene of the storyboard, with its times."""
        self._arrivals.put_nowait(placed)

    async def finish(self, on_share: OnShare) -> Segments:
        """Wait until all scenes that were added are segments.

        Raises:
            LayoutError: A scene cannot be laid out.
            RenderCrashedError: A render child died.
            DependencyUnavailableError: The cache does not answer.
        """
        self._arrivals.put_nowait(None)
        async with asyncio.TaskGroup() as group:
            reporter = group.create_task(self._meter.report(on_share))
            await self._rendering
            reporter.cancel()
        count = len(self._plans)
        return Segments(tuple(self._file(number) for number in range(1, count + 1)), self._plans[1])

    async def _render_arrivals(self) -> None:
        async with asyncio.TaskGroup() as renders:
            number = 0
            while (placed := await self._arrivals.get()) is not None:
                number += 1
                self._meter.expect(number, placed.frame_count)
                renders.create_task(self._make(number, placed), name=f"segment-{number}")

    async def _make(self, number: int, placed: PlacedScene) -> None:
        """Take one segment from the cache, or render one: the longest of those that wait."""
        name = await asyncio.to_thread(self._plan, number, placed)
        made_seconds = await self._tools.cache.fetch(name, self._file(number))
        if made_seconds is not None:
            self._errand.trace.segments.count_reused(made_seconds)
            self._meter.hear(number)(placed.frame_count)
            return
        # So that the pool does not end on one long scene. Every task adds one and takes one.
        heappush(self._ready, (-placed.frame_count, number))
        async with self._tools.permits.renders:
            _, longest = heappop(self._ready)
            made_seconds = await self._render(longest)
        await self._keep(longest, made_seconds)

    def _plan(self, number: int, placed: PlacedScene) -> EntryName:
        plan = plan_scene(
            placed,
            scene_number=number,
            scene_count=len(self._storyboard.scenes),
            subject=self._storyboard.subject,
            lesson_title=self._storyboard.title,
        )
        self._plans[number] = plan
        return self._name(plan)

    async def _render(self, number: int) -> float:
        began = time.monotonic()
        await self._tools.renderer.render_segment(
            self._plans[number], self._file(number), self._meter.hear(number)
        )
        self._errand.trace.segments.made += 1
        return time.monotonic() - began

    async def _keep(self, number: int, made_seconds: float) -> None:
        """Give a new segment to the cache: from now on a redelivery goes on after it."""
        name = await asyncio.to_thread(self._name, self._plans[number])
        if await self._tools.cache.keep(name, self._file(number), made_seconds):
            await self._errand.on_kept()
        else:
            self._errand.trace.segments.not_kept += 1

    def _name(self, plan: ScenePlan) -> EntryName:
        return segment_name(plan, self._tools.renderer.identity)

    def _file(self, number: int) -> Path:
        return self._errand.folder / f"segment-{number:02}.mp4"


def segment_name(plan: ScenePlan, renderer_identity: str) -> EntryName:
    """Return the name of a segment in the cache, from all that decides its bytes."""
    return EntryName(EntryKind.SEGMENT, digest_of(FORMAT, plan, renderer_identity))


class _Meter:
    """Adds up the frames that the scenes report, and passes the share on now and then."""

    def __init__(self) -> None:
        self._expected: dict[int, int] = {}
        self._done: dict[int, int] = {}

    def expect(self, scene: int, frame_count: int) -> None:
        self._expected[scene] = frame_count

    def hear(self, scene: int) -> Callable[[int], None]:
        def on_progress(frames: int) -> None:
            self._done[scene] = frames

        return on_progress

    async def report(self, on_share: OnShare) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            await on_share(self.share())

    def share(self) -> float:
        """Return the share (0-1) of the expected frames that is done."""
        return sum(self._done.values()) / max(1, sum(self._expected.values()))
