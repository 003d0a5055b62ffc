"""What reads the own sources, behind the breakers of what it calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.delivery.guarded_ports import Guard
from worker.lessons.source_text import Passage, PassageNeed
from worker.ports import Embedder, EmbeddingPurpose, PassageIndex


@dataclass(frozen=True, slots=True)
class GuardedIndex:
    """A PassageIndex behind the database's breaker."""

    inner: PassageIndex
    guard: Guard

    async def by_words(self, words: str, need: PassageNeed, most: int) -> Sequence[Passage]:
        """Find by words."""
        async with self.guard.call():
            return await self.inner.by_words(words, need, most)

    async def has_vectors(self, model: str) -> bool:
        """Ask whether there is anything to find by meaning."""
        async with self.guard.call():
            return await self.inner.has_vectors(model)

    async def by_meaning(
        self, vector: Sequence[float], model: str, need: PassageNeed, most: int
    ) -> Sequence[Passage]:
        """Find by meaning."""
        async with self.guard.call():
            return await self.inner.by_meaning(vector, model, need, most)

    async def of_section(self, section_id: str, need: PassageNeed, most: int) -> Sequence[Passage]:
        """Return a section."""
        async with self.guard.call():
            return await self.inner.of_section(section_id, need, most)


@dataclass(frozen=True, slots=True)
class GuardedEmbedder:
    """An Embedder behind the writer's breaker: both are of one provider."""

    inner: Embedder
    guard: Guard

    @property
    def identity(self) -> str:
        """The embedder's own identity."""
        return self.inner.identity

    async def embed(
        self, texts: Sequence[str], purpose: EmbeddingPurpose
    ) -> Sequence[tuple[float, ...]]:
        """Embed texts."""
        async with self.guard.call():
            return await self.inner.embed(texts, purpose)
