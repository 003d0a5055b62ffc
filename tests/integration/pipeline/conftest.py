"""Pipelines on a real database, a real bucket, real render children and a real voice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import pytest

from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.tone_voice import ToneVoice
from tests.platform import Platform
from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.curriculum_tutor import CurriculumTutor
from worker.adapters.database.requests import PostgresRequestStore
from worker.adapters.price_file import BUNDLED, load_prices
from worker.adapters.render_pool import RenderPool
from worker.curriculum.reader import load_curriculum
from worker.lessons.claim import Claimed
from worker.lessons.ending import Ending, EventAddress
from worker.lessons.trace import Trace
from worker.pipeline.run_stages import LessonPipeline
from worker.pipeline.stage_limits import StageLimits
from worker.pipeline.tools import Permits, Tools

CHILDREN = 2


@dataclass(slots=True)
class MadeLesson:
    """What one run of the pipeline left."""

    trace: Trace
    ending: Ending
    folder: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest as the bucket has it."""
        found: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text("utf-8"))
        return found

    @property
    def storyboard(self) -> dict[str, Any]:
        """The storyboard as the bucket has it."""
        found: dict[str, Any] = json.loads((self.folder / "storyboard.json").read_text("utf-8"))
        return found

    def packets(self, kind: str) -> list[tuple[int | None, bytes]]:
        """Return the packets of a track of the video, with their times."""
        with av.open(self.folder / "lesson.mp4") as container:
            streams = container.streams.get(**{kind: 0})
            return [(packet.pts, bytes(packet)) for packet in container.demux(streams)]


@dataclass(slots=True)
class Workshop:
    """One worker's pipeline, and the requests that a test gives it."""

    platform: Platform
    tools: Tools
    folder: Path
    made: int = field(default=0)

    def rival(self, **tools: Any) -> Workshop:
        """Return another worker on the same platform, with an empty disk."""
        folder = self.folder / f"rival-{uuid4().hex[:8]}"
        folder.mkdir()
        store = PostgresRequestStore(self.platform.engine, worker_id=folder.name)
        return Workshop(
            self.platform, replace(self.tools, store=store, workspace=folder, **tools), folder
        )

    async def add(self, query: str = "Explain Newton's third law", **columns: Any) -> UUID:
        """Insert a request for a video of the shortest length."""
        defaults = {"requested_modalities": ["video"], "requested_duration_seconds": 45}
        return await self.platform.add_request(query, **(defaults | columns))

    async def claim(self, request_id: UUID, lease_seconds: float = 60.0) -> Claimed:
        """Own a request."""
        correlation_id = f"correlation-{request_id.hex[:8]}"
        claimed = await self.tools.store.claim(request_id, correlation_id, lease_seconds)
        assert isinstance(claimed, Claimed)
        return claimed

    async def make(self, request_id: UUID) -> MadeLesson:
        """Claim a request, run it to its end, and fetch what it left."""
        trace = Trace()
        ending = await LessonPipeline(self.tools).run(await self.claim(request_id), trace)
        self.made += 1
        folder = self.folder / f"lesson-{self.made}"
        folder.mkdir()
        if ending.lesson is not None:
            names = [*ending.lesson.objects, ("manifest.json", ending.lesson.manifest_object)]
            for name, stored in names:
                await self.tools.objects.download(self.tools.bucket, stored, folder / name)
        return MadeLesson(trace, ending, folder)

    async def cached(self, kind: str) -> list[str]:
        """Return the names of the cache's entries."""
        return await self.platform.object_names(f"cache/{kind}/")

    async def until(
        self, holds: Callable[[], Awaitable[object]], work: asyncio.Task[object] | None = None
    ) -> None:
        """Wait until something holds; work that fails meanwhile fails the test at once."""
        async with asyncio.timeout(45):
            while not await holds():
                if work is not None and work.done():
                    await work
                await asyncio.sleep(0.02)

    async def until_cached(self, kind: str, count: int, work: asyncio.Task[object]) -> None:
        """Wait until the cache holds so many entries."""

        async def holds() -> bool:
            return len(await self.cached(kind)) >= count

        await self.until(holds, work)

    async def until_status(self, request_id: UUID, status: str, work: asyncio.Task[object]) -> None:
        """Wait until the row says so."""

        async def holds() -> bool:
            return bool((await self.platform.row(request_id)).status == status)

        await self.until(holds, work)


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[RenderPool]:
    """Render children, shared by the tests of a module."""
    started = RenderPool(CHILDREN)
    await started.start()
    yield started
    await started.close()


@pytest.fixture(scope="session")
def tutor() -> CurriculumTutor:
    return CurriculumTutor(load_curriculum())


@pytest.fixture
async def workshop(
    platform: Platform, pool: RenderPool, tutor: CurriculumTutor, tmp_path: Path
) -> Workshop:
    """A worker with an empty cache and a voice that hums."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    tools = Tools(
        store=PostgresRequestStore(platform.engine, worker_id="worker-a"),
        ledger=MemoryLedger(),
        prices=load_prices(BUNDLED),
        tutor=tutor,
        voice=ToneVoice(),
        renderer=pool,
        objects=CloudStorage(platform.session, emulator_url=platform.storage_url),
        permits=Permits(
            writer_calls=asyncio.Semaphore(2),
            voice_calls=asyncio.Semaphore(4),
            transfers=asyncio.Semaphore(4),
        ),
        limits=StageLimits(least_seconds=120.0),
        bucket=platform.bucket,
        events=EventAddress(f"{platform.name}-events", "dev"),
        workspace=workspace,
        now=lambda: datetime.now(UTC),
    )
    return Workshop(platform, tools, tmp_path)
