"""Own sources: where their passages are kept, and how they are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from worker.lessons.source_text import Passage, PassageNeed, SourceText


class Keeping(StrEnum):
    """What became of a text that was brought."""

    ADDED = "added"
    REPLACED = "replaced"
    RELABELLED = "relabelled"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Kept:
    """How a text is kept.

    Attributes:
        origin: What it is known by; another than its own where the same content was there before.
        passages: How many it has.
    """

    keeping: Keeping
    origin: str
    passages: int


class PassageShelf(Protocol):
    """Keeps texts. Every method is one transaction, and may raise DependencyUnavailableError."""

    async def has_organization(self, organization_id: str) -> bool:
        """Tell whether the platform knows an organisation."""
        ...

    async def keep(self, text: SourceText, organization_id: str | None) -> Kept:
        """Keep a text for an organisation, or for all.

        It replaces the one of the same origin with all its passages at once. The same content
        changes nothing, also under another origin; where its attribution alone is new, the
        passages stay.
        """
        ...

    async def prepare_vectors(self) -> str | None:
        """Make room for vectors; return what stands in the way, with what to do, or None."""
        ...

    async def without_vectors(self, model: str, most: int) -> Sequence[tuple[UUID, str]]:
        """Return the ids of passages that have no vector of a model, each with what to embed."""
        ...

    async def keep_vectors(self, model: str, vectors: Mapping[UUID, Sequence[float]]) -> None:
        """Keep vectors, in place of those of other models; a passage that is gone is left out."""
        ...


class PassageIndex(Protocol):
    """Finds passages. Every method only reads, and may raise DependencyUnavailableError."""

    async def by_words(self, words: str, need: PassageNeed, most: int) -> Sequence[Passage]:
        """Return passages that hold any of the words, best first."""
        ...

    async def has_vectors(self, model: str) -> bool:
        """Tell whether any passage has a vector of a model."""
        ...

    async def by_meaning(
        self, vector: Sequence[float], model: str, need: PassageNeed, most: int
    ) -> Sequence[Passage]:
        """Return the passages whose vectors are nearest, nearest first."""
        ...

    async def of_section(self, section_id: str, need: PassageNeed, most: int) -> Sequence[Passage]:
        """Return the passages under the heading of one, in their order; none where it is gone.

        Args:
            section_id: The source id of a passage of the section.
            need: Who may read it.
            most: Passages returned.
        """
        ...
