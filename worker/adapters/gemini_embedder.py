"""Gemini's embeddings, for finding the passages that answer a question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

from google.genai import types

from worker.adapters.call_retries import TimeBudget
from worker.adapters.gemini_calls import GeminiCalls
from worker.adapters.identity import identify
from worker.ports import EmbeddingPurpose

DIMENSIONS = 768
"""Google recommends 768, 1536 or 3072; retrieval loses little below the full length, and an index
of a quarter of the size is a quarter as dear."""

MOST_AT_ONCE = 100
"""Texts in one call: the API's own limit of a batch."""

_TASKS = {
    EmbeddingPurpose.PASSAGE: "RETRIEVAL_DOCUMENT",
    EmbeddingPurpose.QUESTION: "RETRIEVAL_QUERY",
}


class GeminiEmbedder:
    """Implements `worker.ports.Embedder`."""

    def __init__(self, calls: GeminiCalls) -> None:
        self._calls = calls
        self.renew = calls.renew

    @cached_property
    def identity(self) -> str:
        """The digest of the model, the length of its vectors, and this module."""
        return identify(f"gemini/{self._calls.model}/{DIMENSIONS}", (), (__name__,))

    async def embed(
        self, texts: Sequence[str], purpose: EmbeddingPurpose
    ) -> Sequence[tuple[float, ...]]:
        """Embed texts, a hundred in a call, and give every vector the length 1.

        Vectors that are cut to fewer dimensions do not come with that length.
        """
        if any(not text.strip() for text in texts):
            raise ValueError("an empty text has no meaning to embed")
        config = types.EmbedContentConfig(
            task_type=_TASKS[purpose], output_dimensionality=DIMENSIONS
        )
        found: list[tuple[float, ...]] = []
        for first in range(0, len(texts), MOST_AT_ONCE):
            batch = texts[first : first + MOST_AT_ONCE]
            budget = TimeBudget.starting_now(self._calls.seconds)
            found += await self._calls.embed(batch, config, budget)
        return [_normal(one) for one in found]


def _normal(vector: tuple[float, ...]) -> tuple[float, ...]:
    length = math.hypot(*vector) or 1.0
    return tuple(value / length for value in vector)
