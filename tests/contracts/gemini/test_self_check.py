"""What the writer and its embedder tell before the first message, and what they make of faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any

import aiohttp
import pytest

from tests.protocols import gemini_server as api
from worker.adapters.call_retries import NotNowError, Retries
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_embedder import GeminiEmbedder
from worker.adapters.gemini_tutor import GeminiTutor
from worker.curriculum.models import Curriculum
from worker.ports import SelfChecking

WRITER_SETTING, EMBEDDER_SETTING = "WORKER_WRITER_MODEL", "WORKER_EMBEDDING_MODEL"

DESCRIBED: dict[str, Any] = {
    "name": f"models/{api.WRITER}",
    "inputTokenLimit": 1_048_576,
    "outputTokenLimit": 65_536,
    "supportedGenerationMethods": ["generateContent", "countTokens"],
}
ASKED_TO_LIST = "https://generativelanguage.googleapis.com/v1beta/models"
NO_KEY = "gcloud services api-keys create --api-target=service=generativelanguage"


@pytest.fixture(scope="module")
async def serving() -> AsyncIterator[api.GeminiServer]:
    async with api.gemini_server(lambda _: '{"ready": true}') as server:
        yield server


@pytest.fixture
def server(serving: api.GeminiServer) -> api.GeminiServer:
    serving.script, serving.calls = [], []
    return serving


Opened = Callable[..., SelfChecking]


@pytest.fixture(scope="module")
async def opened(serving: api.GeminiServer, curriculum: Curriculum) -> AsyncIterator[Opened]:
    """Open the writer or the embedder; between attempts they wait for nothing."""
    async with aiohttp.ClientSession() as session:

        @cache  # a client takes a third of a second to build
        def open_adapter(
            which: str = "writer", *, key: str = api.KEY, model: str = "", seconds: float = 20.0
        ) -> SelfChecking:
            access = GeminiAccess(key, base_url=serving.url)
            retries = Retries(sleep=lambda _: asyncio.sleep(0))
            model = model or {"writer": api.WRITER, "embedder": api.EMBEDDER}[which]
            calls = GeminiCalls(access, model, seconds, session, retries)
            return GeminiTutor(curriculum, calls) if which == "writer" else GeminiEmbedder(calls)

        yield open_adapter


@pytest.mark.parametrize(
    ("which", "asked"),
    [("writer", ["get", "generateContent"]), ("embedder", ["get", "batchEmbedContents"])],
)
async def test_a_model_that_is_there_is_looked_up_and_tried_once(
    opened: Opened, server: api.GeminiServer, which: str, asked: list[str]
) -> None:
    assert await opened(which).shortcomings() == []
    assert [call.method for call in server.calls] == asked


async def test_the_trial_asks_for_an_answer_by_a_schema_and_for_few_tokens(
    opened: Opened, server: api.GeminiServer
) -> None:
    await opened().shortcomings()
    config = server.calls[1].body["generationConfig"]
    assert config["responseJsonSchema"]["required"] == ["ready"]
    assert config["maxOutputTokens"] <= 32


@pytest.mark.parametrize(
    "answer",
    [api.says("", "MAX_TOKENS"), api.answers({"candidates": [{"finishReason": "SAFETY"}]})],
    ids=["cut off by its limit", "stopped by a filter"],
)
async def test_what_the_trial_answers_does_not_matter(
    opened: Opened, server: api.GeminiServer, answer: api.Line
) -> None:
    server.script = [api.answers(DESCRIBED), answer]
    assert await opened().shortcomings() == []


@pytest.mark.parametrize(
    ("which", "setting"), [("writer", WRITER_SETTING), ("embedder", EMBEDDER_SETTING)]
)
async def test_a_model_that_is_gone_is_named_with_the_line_that_lists_others(
    opened: Opened, server: api.GeminiServer, which: str, setting: str
) -> None:
    (lack,) = await opened(which, model="gemini-1.0-gone").shortcomings()
    assert (lack.variable, lack.is_error) == (setting, True)
    assert lack.message == "Gemini has no model gemini-1.0-gone"
    assert ASKED_TO_LIST in lack.mend
    assert server.calls == []


@pytest.mark.parametrize(
    ("code", "status"),
    [(400, "INVALID_ARGUMENT"), (401, "UNAUTHENTICATED"), (403, "PERMISSION_DENIED")],
)
async def test_who_is_not_let_in_is_told_how_to_come_by_a_key(
    opened: Opened, server: api.GeminiServer, code: int, status: str
) -> None:
    server.script = [api.fails(code, status)]
    (lack,) = await opened().shortcomings()
    assert lack.variable == "GEMINI_API_KEY"
    assert f"Gemini answered {code}" in lack.message
    assert NO_KEY in lack.mend
    assert len(server.calls) == 1, "a no is no reason to ask again, or to try"


async def test_a_key_that_may_look_but_not_ask_is_told_so_too(
    opened: Opened, server: api.GeminiServer
) -> None:
    server.script = [api.answers(DESCRIBED), api.fails(403, "PERMISSION_DENIED")]
    (lack,) = await opened().shortcomings()
    assert lack.variable == "GEMINI_API_KEY"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"supportedGenerationMethods": ["embedContent"]}, "offers embedContent, not generate"),
        ({"supportedGenerationMethods": []}, "offers nothing, not generateContent"),
        ({"inputTokenLimit": 4096}, "takes 4096 tokens at most"),
        ({"outputTokenLimit": 8192}, "writes 8192 tokens at most"),
    ],
)
async def test_a_model_of_another_kind_or_too_small_is_found_by_its_description(
    opened: Opened, server: api.GeminiServer, change: dict[str, Any], words: str
) -> None:
    server.script = [api.answers(DESCRIBED | change)]
    (lack,) = await opened().shortcomings()
    assert words in lack.message
    assert lack.variable == WRITER_SETTING
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("which", "words"),
    [("writer", "does not answer by a schema"), ("embedder", "does not embed a text as it is")],
)
async def test_a_model_that_refuses_what_it_is_there_for_is_found_by_the_trial(
    opened: Opened, server: api.GeminiServer, which: str, words: str
) -> None:
    offers = ["generateContent", "embedContent"]
    described = DESCRIBED | {"supportedGenerationMethods": offers}
    server.script = [api.answers(described), api.fails(400, "INVALID_ARGUMENT")]
    (lack,) = await opened(which).shortcomings()
    assert words in lack.message
    assert lack.variable in {WRITER_SETTING, EMBEDDER_SETTING}


async def test_a_model_whose_vectors_are_of_another_length_is_found_by_the_trial(
    opened: Opened, server: api.GeminiServer
) -> None:
    """They could be compared with none of those that are kept."""
    described = DESCRIBED | {"supportedGenerationMethods": ["embedContent"]}
    longer = {"embeddings": [{"values": [0.5] * 3072}]}
    server.script = [api.answers(described), api.answers(longer)]
    (lack,) = await opened("embedder").shortcomings()
    assert "vectors of 3072 numbers, not of 768" in lack.message
    assert (lack.variable, lack.is_error) == (EMBEDDER_SETTING, True)


NOT_NOW = [
    ("429", api.fails(429, "RESOURCE_EXHAUSTED", wait="0.01s")),
    ("500", api.fails(500, "INTERNAL")),
    ("503", api.fails(503, "UNAVAILABLE")),
    ("half an answer", api.says_half),
    ("a cut connection", api.cuts),
    ("no JSON", api.says_no_json),
]


@pytest.mark.parametrize(
    "fault", [fault for _, fault in NOT_NOW], ids=[name for name, _ in NOT_NOW]
)
async def test_a_look_up_and_a_trial_that_are_not_answered_are_made_again(
    opened: Opened, server: api.GeminiServer, fault: api.Line
) -> None:
    server.script = [fault, api.answers(DESCRIBED), fault]
    assert await opened().shortcomings() == []
    methods = [call.method for call in server.calls]
    assert methods == ["get", "get", "generateContent", "generateContent"]


async def test_a_service_that_does_not_answer_in_time_is_no_finding(
    opened: Opened, server: api.GeminiServer
) -> None:
    server.script = [api.hangs] * 3
    with pytest.raises(NotNowError):
        await opened(seconds=0.4).shortcomings()


async def test_no_shortcoming_quotes_the_key(opened: Opened, server: api.GeminiServer) -> None:
    server.script = [api.fails(403, "PERMISSION_DENIED")]
    found = await opened().shortcomings()
    wrong = await opened(key="another-secret-key").shortcomings()
    assert "secret-key" not in repr((found, wrong))
    assert api.KEY not in repr((found, wrong))
