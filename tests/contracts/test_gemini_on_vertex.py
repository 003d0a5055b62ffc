"""Gemini on Vertex AI: the credentials of the machine instead of a key."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from google.oauth2.credentials import Credentials

from tests.protocols.curriculum_model import CurriculumModel
from tests.protocols.gemini_server import EMBEDDER, WRITER, GeminiServer, gemini_server
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_embedder import GeminiEmbedder
from worker.adapters.gemini_tutor import GeminiTutor
from worker.adapters.google_http import AccessError
from worker.curriculum.models import Curriculum
from worker.curriculum.reader import load_curriculum
from worker.lessons.understanding import LessonBrief, TopicFound
from worker.ports import EmbeddingPurpose

BRIEF = LessonBrief("newtons-third-law", 10, "basketball", "en", 60)


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return load_curriculum()


@pytest.fixture
async def vertex(
    curriculum: Curriculum, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[GeminiServer]:
    """Vertex AI's address, and a machine with an identity that it lets in.

    How google-auth comes by a token is its own business, and asks Google's own addresses.
    """
    identity = Credentials("token-1")  # type: ignore[no-untyped-call]  # google-auth's types end here
    monkeypatch.setattr("google.auth.default", lambda **_: (identity, "school"))
    async with gemini_server(CurriculumModel(curriculum)) as server:
        server.tokens = frozenset({"token-1"})
        yield server


def calls_of(
    server: GeminiServer, session: aiohttp.ClientSession, model: str = WRITER
) -> GeminiCalls:
    access = GeminiAccess(None, "school", "europe-west1", server.url)
    return GeminiCalls(access, model, 20.0, session)


async def test_the_machine_s_token_lets_the_writer_in(
    vertex: GeminiServer, session: aiohttp.ClientSession, curriculum: Curriculum
) -> None:
    tutor = GeminiTutor(curriculum, calls_of(vertex, session))
    assert isinstance(await tutor.understand("Explain Newton's third law", 10), TopicFound)
    assert (await tutor.write_storyboard(BRIEF)).scenes
    where = "/v1beta1/projects/school/locations/europe-west1/publishers/google/models"
    assert vertex.paths == [
        f"{where}/{WRITER}:generateContent",
        f"{where}/{WRITER}:streamGenerateContent",
    ]


async def test_an_account_that_is_not_let_in_is_refused_once(
    vertex: GeminiServer, session: aiohttp.ClientSession, curriculum: Curriculum
) -> None:
    vertex.tokens = frozenset()
    with pytest.raises(AccessError, match="401"):
        await GeminiTutor(curriculum, calls_of(vertex, session)).understand("Explain it", 10)


async def test_texts_are_embedded_on_vertex(
    vertex: GeminiServer, session: aiohttp.ClientSession
) -> None:
    embedder = GeminiEmbedder(calls_of(vertex, session, EMBEDDER))
    texts = ["Forces come in pairs.", "Light"]
    vectors = await embedder.embed(texts, EmbeddingPurpose.PASSAGE)
    alone = await embedder.embed(texts[:1], EmbeddingPurpose.PASSAGE)
    assert list(vectors[:1]) == list(alone)
    assert [call.method for call in vertex.calls] == ["batchEmbedContents", "embedContent"]


async def test_vertex_is_asked_for_the_models_and_tells_nothing_of_their_limits(
    vertex: GeminiServer, session: aiohttp.ClientSession, curriculum: Curriculum
) -> None:
    tutor = GeminiTutor(curriculum, calls_of(vertex, session))
    assert await tutor.shortcomings() == []
    assert await GeminiEmbedder(calls_of(vertex, session, EMBEDDER)).shortcomings() == []
    methods = [call.method for call in vertex.calls]
    assert methods == ["get", "generateContent", "get", "embedContent"]


async def test_an_account_that_vertex_does_not_let_in_is_told_which_role_it_lacks(
    vertex: GeminiServer, session: aiohttp.ClientSession, curriculum: Curriculum
) -> None:
    vertex.tokens = frozenset()
    (lack,) = await GeminiTutor(curriculum, calls_of(vertex, session)).shortcomings()
    assert lack.variable == "GOOGLE_GENAI_USE_VERTEXAI"
    assert "--role=roles/aiplatform.user" in lack.mend
    assert "add-iam-policy-binding school" in lack.mend


async def test_a_model_that_vertex_has_not_is_named_with_its_place(
    vertex: GeminiServer, session: aiohttp.ClientSession, curriculum: Curriculum
) -> None:
    tutor = GeminiTutor(curriculum, calls_of(vertex, session, "gemini-1.0-gone"))
    (lack,) = await tutor.shortcomings()
    assert lack.message == "Gemini has no model gemini-1.0-gone in europe-west1"
    assert "gcloud ai model-garden models list" in lack.mend
