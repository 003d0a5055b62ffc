"""What the stages work with here: fakes that keep the ports' contracts, and no server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from tests.fakes.folder_store import FolderStore
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.scripted_tutor import ScriptedTutor
from tests.fakes.tone_voice import ToneVoice
from tests.unit.lessons.small_lesson import scene, storyboard
from worker.adapters.database.engine import open_engine
from worker.adapters.database.requests import PostgresRequestStore
from worker.adapters.price_file import BUNDLED, load_prices
from worker.adapters.render_pool import RenderPool
from worker.lessons.claim import Claim
from worker.lessons.ending import EventAddress
from worker.lessons.request import LessonRequest, Modality
from worker.lessons.storyboard import Sentence
from worker.lessons.trace import Trace
from worker.lessons.understanding import Grounding, TopicFound
from worker.pipeline.stage_limits import StageLimits
from worker.pipeline.tools import Errand, Permits, Tools
from worker.ports import RequestStore

REQUEST_ID = UUID("0b9f1c52-7f0a-4ad5-9a3b-0d6c3c6f7a11")

FOUND = TopicFound("forces", "Forces & motion", "Say what a force does.", 8)


@pytest.fixture
async def nobody_s_store() -> AsyncIterator[RequestStore]:
    """The real store, of a database that nobody runs: no stage here may need its answer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        engine = open_engine(
            f"postgresql://nobody@127.0.0.1:{port}/none", pool_size=1, application_name="tests"
        )
        yield PostgresRequestStore(engine, worker_id="tests")
        await engine.dispose()


@pytest.fixture
def tutor() -> ScriptedTutor:
    return ScriptedTutor(
        FOUND,
        Grounding("forces", ("physics", "primer")),
        storyboard(
            scene(1, Sentence("Forces come in pairs.", ("physics",)), Sentence("Look here.")),
            scene(2, Sentence("Jump!", ("primer",))),
        ),
    )


@pytest.fixture
def voice() -> ToneVoice:
    return ToneVoice()


@pytest.fixture
def objects(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


@pytest.fixture
def tools(
    nobody_s_store: RequestStore,
    tutor: ScriptedTutor,
    voice: ToneVoice,
    objects: FolderStore,
    tmp_path: Path,
) -> Tools:
    return Tools(
        store=nobody_s_store,
        ledger=MemoryLedger(),
        prices=load_prices(BUNDLED),
        tutor=tutor,
        voice=voice,
        renderer=RenderPool(1),  # not started: no stage here may draw
        objects=objects,
        permits=Permits(*(asyncio.Semaphore(2) for _ in range(3))),
        limits=StageLimits(least_seconds=60.0),
        bucket="generated",
        events=EventAddress("events", "dev"),
        workspace=tmp_path,
        now=lambda: datetime(2026, 3, 1, tzinfo=UTC),
    )


@dataclass(slots=True)
class Kept:
    """Hears that something was stored that a redelivery takes up."""

    times: int = 0

    async def __call__(self) -> None:
        """Count it."""
        self.times += 1


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def errand(tmp_path: Path, kept: Kept) -> Errand:
    folder = tmp_path / "errand"
    folder.mkdir()
    request = LessonRequest(
        request_id=REQUEST_ID,
        correlation_id="correlation-1",
        student_id="student-1",
        organization_id=None,
        query="Explain forces",
        grade_level=8,
        interest="basketball",
        language="en",
        duration_seconds=90,
        modalities=(Modality.TEXT,),
    )
    return Errand(Claim(REQUEST_ID, 7), request, folder, Trace(), kept)


@dataclass(slots=True)
class Shares:
    """Hears how far a stage is."""

    heard: list[float]

    async def __call__(self, share: float) -> None:
        """Note it."""
        self.heard.append(share)


@pytest.fixture
def shares() -> Shares:
    return Shares([])
