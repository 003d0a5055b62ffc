"""A Gemini of the tests' own, and a tutor on it that waits for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from tests.protocols import gemini_server as api
from tests.protocols.curriculum_model import CurriculumModel
from worker.adapters.call_retries import Retries
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_tutor import GeminiTutor
from worker.curriculum.models import Curriculum
from worker.lessons.storyboard import Storyboard
from worker.lessons.understanding import LessonBrief

BRIEF = LessonBrief("newtons-third-law", 10, "basketball", "en", 60)


@pytest.fixture(scope="module")
async def serving(curriculum: Curriculum) -> AsyncIterator[api.GeminiServer]:
    async with api.gemini_server(CurriculumModel(curriculum)) as server:
        yield server


@pytest.fixture
def gemini(serving: api.GeminiServer) -> api.GeminiServer:
    """The server, with nothing asked and nothing scripted."""
    serving.script, serving.calls = [], []
    return serving


Opened = Callable[..., GeminiTutor]


@pytest.fixture(scope="module")
async def opened(curriculum: Curriculum, serving: api.GeminiServer) -> AsyncIterator[Opened]:
    """Open a tutor on the server; between its attempts it waits for nothing."""
    async with aiohttp.ClientSession() as session:

        def open_tutor(
            *, key: str = api.KEY, model: str = api.WRITER, seconds: float = 20.0
        ) -> GeminiTutor:
            access = GeminiAccess(key, base_url=serving.url)
            retries = Retries(sleep=lambda _: asyncio.sleep(0))
            return GeminiTutor(curriculum, GeminiCalls(access, model, seconds, session, retries))

        yield open_tutor


@pytest.fixture(scope="module")
def tutor(opened: Opened) -> GeminiTutor:
    return opened()


@pytest.fixture(scope="module")
def bundled(curriculum: Curriculum) -> Storyboard:
    """The storyboard that the server's model writes for the brief."""
    return CurriculumWriter(curriculum).write(
        BRIEF.topic_id, BRIEF.grade_level, BRIEF.interest, BRIEF.duration_seconds
    )
