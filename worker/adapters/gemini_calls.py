"""Gemini over its client library: one place that calls it, retries, charges and translates.

The library's own retries are off: without `retry_options` it waits up to ten seconds after a
dropped connection and calls again, whatever time is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
from google import genai
from google.genai import types

from worker.adapters.call_retries import RETRIES, NotNowError, Retries, TimeBudget
from worker.adapters.charged_calls import charged_attempt
from worker.adapters.gemini_answers import Answer, AnswerEnd, read_answer
from worker.adapters.gemini_errors import translated_gemini_errors
from worker.adapters.google_http import AccessError
from worker.adapters.prompts import Prompt
from worker.lessons.costs import BillableCall, Usage

PROVIDER = "gemini"

HARM_FILTERS = tuple(
    types.SafetySetting(category=category, threshold=types.HarmBlockThreshold.BLOCK_LOW_AND_ABOVE)
    for category in (
        types.HarmCategory.HARM_CATEGORY_HARASSMENT,
        types.HarmCategory.HARM_CATEGORY_HATE_SPEECH,
        types.HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT,
        types.HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT,
    )
)
"""Students are minors: the strictest threshold of every category that both APIs know."""

LEAST_CHARACTERS_A_TOKEN = 2
"""For the estimate of what a prompt may use at most; Google counts four in English. (ours)"""


@dataclass(frozen=True, slots=True)
class GeminiAccess:
    """How Gemini is reached.

    Attributes:
        api_key: For the Gemini API; None for Vertex AI, which takes Google's credentials.
        project: Google Cloud's project; of Vertex AI alone.
        location: Vertex AI's; `global` lets Google choose.
        base_url: Another address than Google's; None for Google's.
    """

    api_key: str | None = field(repr=False)
    project: str | None = None
    location: str | None = None
    base_url: str | None = None

    @property
    def is_on_vertex(self) -> bool:
        """Whether it is Vertex AI that is called."""
        return self.api_key is None

    def open(self, session: aiohttp.ClientSession) -> genai.Client:
        """Build a client on a session; it blocks for tens of milliseconds (TLS contexts)."""
        options = types.HttpOptions(
            base_url=self.base_url,
            retry_options=types.HttpRetryOptions(attempts=1),
            aiohttp_client=session,
        )
        if self.is_on_vertex:
            return genai.Client(
                vertexai=True, project=self.project, location=self.location, http_options=options
            )
        return genai.Client(vertexai=False, api_key=self.api_key, http_options=options)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What stays the same in every round of one question.

    Attributes:
        what: The operation, for errors: "write a storyboard".
        most_tokens: The answer's limit, the model's thoughts included.
        is_long: The answer takes so long that it is streamed: a connection on which nothing
            moves for a minute is cut by proxies.
    """

    what: str
    prompt: Prompt
    schema: dict[str, Any]
    most_tokens: int
    is_long: bool = False


class GeminiCalls:
    """Calls one model.

    Args:
        access: Where it is, and in whose name it is called.
        model: Its id.
        seconds: For one answer that can be used: retries and repairs included.
        session: The HTTP session that calls are made on.
        retries: How calls are made again.
    """

    def __init__(
        self,
        access: GeminiAccess,
        model: str,
        seconds: float,
        session: aiohttp.ClientSession,
        retries: Retries = RETRIES,
    ) -> None:
        self.model = model
        self.seconds = seconds
        self.access = access
        self._retries = retries
        self._client = access.open(session)

    def renew(self, session: aiohttp.ClientSession) -> None:
        """Make the calls from now on a fresh session; those under way keep theirs."""
        self._client = self.access.open(session)

    async def describe(self, budget: TimeBudget) -> types.Model:
        """Return what Gemini says of the model; it costs nothing.

        Raises:
            NotNowError: No answer came within the budget.
            AccessError: Gemini answers that it may not, or that there is no such model.
        """
        return await self._retries.call(self._describe_once, budget)

    async def _describe_once(self, seconds: float) -> types.Model:
        with translated_gemini_errors(f"look up model {self.model}"):
            return await self._client.aio.models.get(
                model=self.model, config=types.GetModelConfig(http_options=_limit(seconds))
            )

    async def ask(
        self, inquiry: Inquiry, turns: Sequence[types.Content], budget: TimeBudget
    ) -> Answer:
        """Ask until an answer comes, whatever it is worth.

        Raises:
            NotNowError: None came within the budget.
            AccessError: Gemini answers that it may not.
        """
        attempt = partial(self._ask_once, inquiry, list(turns))
        return await self._retries.call(attempt, budget)

    async def _ask_once(
        self, inquiry: Inquiry, turns: list[types.Content], seconds: float
    ) -> Answer:
        async with charged_attempt(self._call(inquiry, turns)) as charge:
            with translated_gemini_errors(inquiry.what):
                answer = read_answer(await self._generate(inquiry, turns, seconds))
            if answer.usage is not None:
                charge.settle(answer.usage)
        if answer.end is AnswerEnd.CUT:
            raise NotNowError(f"could not {inquiry.what}: Gemini's answer broke off")
        return answer

    async def _generate(
        self, inquiry: Inquiry, turns: list[types.Content], seconds: float
    ) -> list[types.GenerateContentResponse]:
        models, config = self._client.aio.models, _config(inquiry, seconds)
        contents: list[Any] = list(turns)
        if not inquiry.is_long:
            return [
                await models.generate_content(model=self.model, contents=contents, config=config)
            ]
        stream = await models.generate_content_stream(
            model=self.model, contents=contents, config=config
        )
        return [chunk async for chunk in stream]

    def _call(self, inquiry: Inquiry, turns: Sequence[types.Content]) -> BillableCall:
        texts = [part.text or "" for turn in turns for part in turn.parts or ()]
        characters = sum(map(len, (inquiry.prompt.text, *texts)))
        most = Usage(
            tokens_in=characters // LEAST_CHARACTERS_A_TOKEN, tokens_out=inquiry.most_tokens
        )
        return BillableCall(PROVIDER, self.model, most)

    async def embed(
        self, texts: Sequence[str], config: types.EmbedContentConfig, budget: TimeBudget
    ) -> list[tuple[float, ...]]:
        """Return the model's vectors of some texts, as it gives them.

        Raises:
            NotNowError: No answer came within the budget.
            AccessError: Gemini answers that it may not, or vectors of another length.
        """
        return await self._retries.call(partial(self._embed_once, texts, config), budget)

    async def _embed_once(
        self, texts: Sequence[str], config: types.EmbedContentConfig, seconds: float
    ) -> list[tuple[float, ...]]:
        tokens = sum(map(len, texts)) // LEAST_CHARACTERS_A_TOKEN
        call = BillableCall(PROVIDER, self.model, Usage(tokens_in=tokens))
        limited = config.model_copy(update={"http_options": _limit(seconds)})
        contents: list[Any] = [types.Content(parts=[types.Part(text=text)]) for text in texts]
        async with charged_attempt(call):
            with translated_gemini_errors("embed texts"):
                response = await self._client.aio.models.embed_content(
                    model=self.model, contents=contents, config=limited
                )
            vectors = [tuple(one.values or ()) for one in response.embeddings or ()]
            if len(vectors) != len(texts):
                raise NotNowError("could not embed texts: Gemini did not answer all of them")
        _hold_to_length(vectors, config.output_dimensionality)
        return vectors


def _hold_to_length(vectors: Sequence[tuple[float, ...]], asked: int | None) -> None:
    """Refuse vectors that nothing kept under the same identity could be compared with."""
    other = next((len(one) for one in vectors if len(one) != asked), None)
    if other is not None:
        raise AccessError(
            f"could not embed texts: Gemini answered vectors of {other} numbers, not of {asked}",
            "name a model in WORKER_EMBEDDING_MODEL whose vectors may be cut to that length",
        )


def _limit(seconds: float) -> types.HttpOptions:
    """Tell the library, and through it the service, how long an answer is waited for."""
    return types.HttpOptions(timeout=max(1, round(seconds * 1000)))


def _config(inquiry: Inquiry, seconds: float) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        system_instruction=inquiry.prompt.text,
        response_mime_type="application/json",
        response_json_schema=inquiry.schema,
        max_output_tokens=inquiry.most_tokens,
        candidate_count=1,
        safety_settings=list(HARM_FILTERS),
        http_options=_limit(seconds),
    )
