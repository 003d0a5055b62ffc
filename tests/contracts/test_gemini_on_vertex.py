"""Gemini on Vertex AI: the credentials of the machine instead of a key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache

import aiohttp
import pytest
from google.auth.exceptions import RefreshError, TransportError
from google.oauth2.credentials import Credentials

from tests.protocols.curriculum_model import CurriculumModel
from tests.protocols.gemini_server import EMBEDDER, WRITER, GeminiServer, gemini_server
from worker.adapters.call_retries import NotNowError, Retries, TimeBudget
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_embedder import GeminiEmbedder
from worker.adapters.gemini_tutor import GeminiTutor
from worker.adapters.google_http import AccessError
from worker.curriculum.models import Curriculum
from worker.lessons.understanding import LessonBrief, TopicFound
from worker.ports import EmbeddingPurpose

BRIEF = LessonBrief("newtons-third-law", 10, "basketball", "en", 60)


class Machine(Credentials):
    """An identity whose token never ends, or one whose token server is as a test says."""

    fault: Exception | None = None

    @property
    def expired(self) -> bool:
        """Whether another token is fetched first."""
        return self.fault is not None

    def refresh(self, _: object) -> None:
        """Fail as google-auth does."""
        if self.fault is not None:
            raise self.fault


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine with an identity.

    How google-auth comes by a token is its own business, and asks Google's own addresses.
    """
    identity = Machine("token-1")  # type: ignore[no-untyped-call]  # google-auth's types end here
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr("google.auth.default", lambda **_: (identity, "school"))
        yield identity


@pytest.fixture(scope="module")
async def serving(curriculum: Curriculum) -> AsyncIterator[GeminiServer]:
    async with gemini_server(CurriculumModel(curriculum)) as server:
        yield server


@pytest.fixture
def vertex(serving: GeminiServer, machine: Machine) -> GeminiServer:
    """Vertex AI's address, where the machine's identity is let in."""
    serving.script, serving.calls, serving.paths = [], [], []
    serving.tokens, machine.fault = frozenset({"token-1"}), None
    return serving


Opened = Callable[..., GeminiCalls]


@pytest.fixture(scope="module")
async def opened(serving: GeminiServer, machine: Machine) -> AsyncIterator[Opened]:  # noqa: ARG001  # the identity is looked for when a client is first used
    """Open calls of a model there; between attempts they wait for nothing."""
    async with aiohttp.ClientSession() as session:

        @cache  # a client takes a third of a second to build
        def open_calls(model: str = WRITER) -> GeminiCalls:
            access = GeminiAccess(None, "school", "europe-west1", serving.url)
            retries = Retries(sleep=lambda _: asyncio.sleep(0))
            return GeminiCalls(access, model, 20.0, session, retries)

        yield open_calls


async def test_the_machine_s_token_lets_the_writer_in(
    vertex: GeminiServer, opened: Opened, curriculum: Curriculum
) -> None:
    tutor = GeminiTutor(curriculum, opened())
    assert isinstance(await tutor.understand("Explain Newton's third law", 10), TopicFound)
    assert (await tutor.write_storyboard(BRIEF)).scenes
    where = "/v1beta1/projects/school/locations/europe-west1/publishers/google/models"
    assert vertex.paths == [
        f"{where}/{WRITER}:generateContent",
        f"{where}/{WRITER}:streamGenerateContent",
    ]


async def test_an_account_that_is_not_let_in_is_refused_once(
    vertex: GeminiServer, opened: Opened, curriculum: Curriculum
) -> None:
    vertex.tokens = frozenset()
    with pytest.raises(AccessError, match="401"):
        await GeminiTutor(curriculum, opened()).understand("Explain it", 10)


# google-auth's types end here.
REFUSED: Callable[..., Exception] = RefreshError
AWAY: Callable[..., Exception] = TransportError


def _wrapped(said: str) -> Exception:
    """Return what google-auth raises where the metadata server does not answer."""
    error = REFUSED(said)
    error.__cause__ = AWAY(said)
    return error


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (REFUSED("the account is disabled"), AccessError),
        (REFUSED("internal failure", retryable=True), NotNowError),
        (AWAY("no route"), NotNowError),
        (_wrapped("no metadata server"), NotNowError),
    ],
    ids=["refused", "not now", "no token server", "no metadata server"],
)
async def test_a_token_server_that_is_away_is_told_from_one_that_refuses(
    vertex: GeminiServer,
    machine: Machine,
    opened: Opened,
    fault: Exception,
    error: type[Exception],
) -> None:
    machine.fault = fault
    with pytest.raises(error):
        await opened().describe(TimeBudget.starting_now(20.0))
    assert vertex.calls == []


async def test_texts_are_embedded_on_vertex(vertex: GeminiServer, opened: Opened) -> None:
    embedder = GeminiEmbedder(opened(EMBEDDER))
    texts = ["Forces come in pairs.", "Light"]
    vectors = await embedder.embed(texts, EmbeddingPurpose.PASSAGE)
    alone = await embedder.embed(texts[:1], EmbeddingPurpose.PASSAGE)
    assert list(vectors[:1]) == list(alone)
    assert [call.method for call in vertex.calls] == ["batchEmbedContents", "embedContent"]


async def test_vertex_is_asked_for_the_models_and_tells_nothing_of_their_limits(
    vertex: GeminiServer, opened: Opened, curriculum: Curriculum
) -> None:
    tutor = GeminiTutor(curriculum, opened())
    assert await tutor.shortcomings() == []
    assert await GeminiEmbedder(opened(EMBEDDER)).shortcomings() == []
    methods = [call.method for call in vertex.calls]
    assert methods == ["get", "generateContent", "get", "embedContent"]


async def test_an_account_that_vertex_does_not_let_in_is_told_which_role_it_lacks(
    vertex: GeminiServer, opened: Opened, curriculum: Curriculum
) -> None:
    vertex.tokens = frozenset()
    (lack,) = await GeminiTutor(curriculum, opened()).shortcomings()
    assert lack.variable == "GOOGLE_GENAI_USE_VERTEXAI"
    assert "--role=roles/aiplatform.user" in lack.mend
    assert "add-iam-policy-binding school" in lack.mend


@pytest.mark.usefixtures("vertex")
async def test_a_model_that_vertex_has_not_is_named_with_its_place(
    opened: Opened, curriculum: Curriculum
) -> None:
    tutor = GeminiTutor(curriculum, opened("gemini-1.0-gone"))
    (lack,) = await tutor.shortcomings()
    assert lack.message == "Gemini has no model gemini-1.0-gone in europe-west1"
    assert "gcloud ai model-garden models list" in lack.mend
