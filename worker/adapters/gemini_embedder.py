"""Gemini's embeddings, for finding the passages that answer a question."""

from __future__ import annotations

import math
from collections.abc import Sequence

from google.genai import types

from worker.adapters.call_retries import TimeBudget
from worker.adapters.gemini_calls import GeminiCalls
from worker.adapters.gemini_self_check import ModelUse, lacks_of_embedder
from worker.ports import EmbeddingPurpose, Shortcoming

DIMENSIONS = 768
"""Google recommends 768, 1536 or 3072; retrieval loses little below the full length, and an index
of a quarter of the size is a quarter as dear."""

MOST_AT_ONCE = 100
"""Texts in one call: the API's own limit of a batch."""

MOST_TOKENS_ASKED = 2048
"""Of one text: a passage is a few hundred words. (ours)"""

USE = ModelUse(
    variable="WORKER_EMBEDDING_MODEL",
    action="embedContent",
    tokens_in=MOST_TOKENS_ASKED,
    tokens_out=0,
    consequence="no text is embedded, and none is found by its meaning",
)

WAY = 1
"""How texts are given to the model: raise it when vectors change for the same text."""

_TASKS = {
    EmbeddingPurpose.PASSAGE: "RETRIEVAL_DOCUMENT",
    EmbeddingPurpose.QUESTION: "RETRIEVAL_QUERY",
}


class GeminiEmbedder:
    """Implements `worker.ports.Embedder`."""

    def __init__(self, calls: GeminiCalls) -> None:
        self._calls = calls
        self.renew = calls.renew

    @property
    def identity(self) -> str:
        """The model, the length of its vectors, and how texts are given to it.

        Vectors are kept for years under it, so that no change of code may change it by chance.
        """
        return f"gemini/{self._calls.model}/{DIMENSIONS}/{WAY}"

    async def embed(
        self, texts: Sequence[str], purpose: EmbeddingPurpose
    ) -> Sequence[tuple[float, ...]]:
        """Embed texts, a hundred in a call, and give every vector the length 1.

        Vectors that are cut to fewer dimensions do not come with that length.
        """
        if any(not text.strip() for text in texts):
            raise ValueError("an empty text has no meaning to embed")
        config = _config(purpose)
        found: list[tuple[float, ...]] = []
        for first in range(0, len(texts), MOST_AT_ONCE):
            batch = texts[first : first + MOST_AT_ONCE]
            budget = TimeBudget.starting_now(self._calls.seconds)
            found += await self._calls.embed(batch, config, budget)
        return [_normal(one) for one in found]

    async def shortcomings(self) -> Sequence[Shortcoming]:
        """Say why the model cannot embed, if it cannot."""
        return await lacks_of_embedder(self._calls, USE, _config(EmbeddingPurpose.PASSAGE))


def _config(purpose: EmbeddingPurpose) -> types.EmbedContentConfig:
    return types.EmbedContentConfig(task_type=_TASKS[purpose], output_dimensionality=DIMENSIONS)


def _normal(vector: tuple[float, ...]) -> tuple[float, ...]:
    length = math.hypot(*vector) or 1.0
    return tuple(value / length for value in vector)
