"""Within the fifth stage: every scene becomes a segment as soon as it has been spoken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.layout.burned_captions import burn_captions
from worker.layout.scenes import plan_scene
from worker.lessons.digest import digest_of
from worker.lessons.look import LessonFace
from worker.lessons.render_plan import ScenePlan
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import PlacedScene
from worker.pipeline.cache_entry import FORMAT, EntryKind, EntryName
from worker.pipeline.tools import Errand, OnShare, Tools

POSTER = "poster.png"
PROGRESS_SECONDS = 0.5
"""How often the row hears of frames done; each hearing is a transaction."""


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of a lesson, in playing order.

    Attributes:
        plans: What each was drawn from.
        poster: A picture from the middle of the first scene.
    """

    files: tuple[Path, ...]
    plans: tuple[ScenePlan, ...]
    poster: Path


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
        self._count = 0
        self._plans: dict[int, ScenePlan] = {}
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
        numbers = range(1, self._count + 1)
        plans = tuple(self._plans[number] for number in numbers)
        return Segments(tuple(self._file(number) for number in numbers), plans, self._poster)

    async def _render_arrivals(self) -> None:
        async with asyncio.TaskGroup() as renders:
            while (placed := await self._arrivals.get()) is not None:
                self._count += 1
                self._meter.expect(self._count, placed.frame_count)
                making = self._make(self._count, placed)
                renders.create_task(making, name=f"segment-{self._count}")

    async def _make(self, number: int, placed: PlacedScene) -> None:
        """Take a segment from the cache, or render it and give it to the cache."""
        tally, file = self._errand.trace.segments, self._file(number)
        plan, name = await asyncio.to_thread(self._plan, number, placed)
        self._plans[number] = plan
        if number == 1:  # while the next scene is still being spoken
            await self._tools.renderer.draw_poster(plan, plan.frame_count // 2, self._poster)
        made_seconds = await self._tools.cache.fetch(name, file)
        if made_seconds is not None:
            tally.count_reused(made_seconds)
            self._meter.hear(number)(placed.frame_count)
            return
        on_progress = self._meter.hear(number)
        made_seconds = await self._tools.renderer.render_segment(plan, file, on_progress)
        tally.made += 1
        if await self._tools.cache.keep(name, file, made_seconds):
            await self._errand.on_kept()
        else:
            tally.not_kept += 1

    def _plan(self, number: int, placed: PlacedScene) -> tuple[ScenePlan, EntryName]:
        pictures = self._errand.request.pictures
        look = pictures.look(self._tools.look)
        face = LessonFace(self._storyboard.title, self._storyboard.subject, look)
        plan = plan_scene(
            placed,
            scene_number=number,
            scene_count=len(self._storyboard.scenes),
            face=face,
        )
        if pictures.burns_captions:
            plan = burn_captions(plan, placed, face)
        return plan, segment_name(plan, self._tools.renderer.identity)

    @property
    def _poster(self) -> Path:
        return self._errand.folder / POSTER

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
