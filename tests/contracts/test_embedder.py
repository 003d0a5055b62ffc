"""What every embedder keeps: the obligations of `worker.ports.Embedder`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.fakes.word_embedder import WordEmbedder
from tests.protocols import gemini_server as api
from worker.adapters.call_retries import NotNowError, Retries
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_embedder import DIMENSIONS, GeminiEmbedder
from worker.adapters.google_http import AccessError
from worker.ports import Embedder, EmbeddingPurpose

PASSAGE, QUESTION = EmbeddingPurpose.PASSAGE, EmbeddingPurpose.QUESTION
TEXTS = ["Forces come in pairs.", "Plants make sugar from light.", "Atoms hold electrons."]


@pytest.fixture(scope="module")
async def serving() -> AsyncIterator[api.GeminiServer]:
    async with api.gemini_server(lambda _: "") as server:
        yield server


@pytest.fixture(scope="module")
async def embedders(serving: api.GeminiServer) -> AsyncIterator[dict[str, Embedder]]:
    async with aiohttp.ClientSession() as session:
        access = GeminiAccess(api.KEY, base_url=serving.url)
        retries = Retries(sleep=lambda _: asyncio.sleep(0))
        calls = GeminiCalls(access, api.EMBEDDER, 20.0, session, retries)
        yield {"words": WordEmbedder(), "gemini": GeminiEmbedder(calls)}


@pytest.fixture
def server(serving: api.GeminiServer) -> api.GeminiServer:
    serving.script, serving.calls = [], []
    return serving


@pytest.fixture(params=["words", "gemini"])
def embedder(request: pytest.FixtureRequest, embedders: dict[str, Embedder]) -> Embedder:
    return embedders[request.param]


@pytest.fixture
def gemini(embedders: dict[str, Embedder]) -> Embedder:
    return embedders["gemini"]


def test_an_embedder_has_an_identity_that_no_other_has(embedders: dict[str, Embedder]) -> None:
    identities = [one.identity for one in embedders.values()]
    assert all(identities)
    assert len(set(identities)) == len(identities)


async def test_every_text_has_a_vector_of_length_one_in_order(embedder: Embedder) -> None:
    vectors = await embedder.embed(TEXTS, PASSAGE)
    assert [math.hypot(*one) for one in vectors] == pytest.approx([1.0] * 3)
    assert len({len(one) for one in vectors}) == 1
    alone = [(await embedder.embed([text], PASSAGE))[0] for text in TEXTS]
    assert list(vectors) == alone


async def test_a_question_is_nearest_to_what_answers_it(embedder: Embedder) -> None:
    passages = await embedder.embed(TEXTS, PASSAGE)
    (question,) = await embedder.embed(["How do plants make sugar?"], QUESTION)
    nearness = [sum(a * b for a, b in zip(question, one, strict=True)) for one in passages]
    assert max(range(3), key=nearness.__getitem__) == 1


async def test_no_text_is_no_vector(embedder: Embedder) -> None:
    assert list(await embedder.embed([], PASSAGE)) == []


@pytest.mark.parametrize("texts", [[""], ["Forces.", " \n"]])
async def test_an_empty_text_is_refused(embedder: Embedder, texts: list[str]) -> None:
    with pytest.raises(ValueError, match="empty"):
        await embedder.embed(texts, PASSAGE)


async def test_many_texts_are_sent_a_hundred_at_a_time(
    gemini: Embedder, server: api.GeminiServer
) -> None:
    vectors = await gemini.embed([f"text {number}" for number in range(250)], PASSAGE)
    assert len(vectors) == 250
    assert [len(call.body["requests"]) for call in server.calls] == [100, 100, 50]


async def test_what_a_vector_is_for_is_said(gemini: Embedder, server: api.GeminiServer) -> None:
    await gemini.embed(["a"], PASSAGE)
    await gemini.embed(["a"], QUESTION)
    asked = [call.body["requests"][0] for call in server.calls]
    assert [one["taskType"] for one in asked] == ["RETRIEVAL_DOCUMENT", "RETRIEVAL_QUERY"]
    assert {one["outputDimensionality"] for one in asked} == {DIMENSIONS}


@pytest.mark.parametrize(
    "fault",
    [
        api.fails(429, "RESOURCE_EXHAUSTED"),
        api.fails(503, "UNAVAILABLE"),
        api.cuts,
        api.says_no_json,
        api.answers({"embeddings": []}),
    ],
)
async def test_a_call_that_is_not_answered_is_made_again(
    gemini: Embedder, server: api.GeminiServer, fault: api.Line
) -> None:
    server.script = [fault]
    assert len(await gemini.embed(TEXTS, PASSAGE)) == 3
    assert len(server.calls) == 2


async def test_a_no_is_no_reason_to_ask_again(gemini: Embedder, server: api.GeminiServer) -> None:
    server.script = [api.fails(403, "PERMISSION_DENIED")]
    with pytest.raises(AccessError):
        await gemini.embed(TEXTS, PASSAGE)


async def test_a_vector_of_another_length_is_refused(
    gemini: Embedder, server: api.GeminiServer
) -> None:
    server.script = [api.answers({"embeddings": [{"values": [0.5] * 256}]})]
    with pytest.raises(AccessError, match=f"vectors of 256 numbers, not of {DIMENSIONS}"):
        await gemini.embed(["Forces."], PASSAGE)
    assert len(server.calls) == 1


async def test_a_service_that_stays_away_is_given_up(
    gemini: Embedder, server: api.GeminiServer
) -> None:
    server.script = [api.fails(503, "UNAVAILABLE")] * 9
    with pytest.raises(NotNowError):
        await gemini.embed(TEXTS, PASSAGE)
