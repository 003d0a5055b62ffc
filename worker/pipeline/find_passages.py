"""What of the own sources speaks of something: full text and vectors, as one ranking."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from worker.lessons.fusion import fuse
from worker.lessons.quality.words import stems
from worker.lessons.request import LessonRequest
from worker.lessons.source_text import Passage, PassageNeed
from worker.lessons.understanding import Section
from worker.ports import Embedder, EmbeddingPurpose, PassageIndex

MOST_RANKED = 30
"""Passages that each search hands over. Beyond that a rank adds next to nothing. (ours)"""

MOST_SECTIONS = 5
"""Sections that are offered beside the topics. (ours)"""

MOST_PASSAGES = 8
"""Passages that a lesson rests on: what a lesson of six minutes says, three times over. (ours)"""

LONGEST_BEGINNING = 240
"""Characters of a passage that say what its section is about. (ours)"""

LEAST_SPOKEN_OF = 0.5
"""The share of a title's words that a passage has to hold to be on its subject. (ours)"""


@dataclass(frozen=True, slots=True)
class Library:
    """The own sources, as the stages read them.

    Attributes:
        embedder: Finds by meaning what other words say; None where none is configured.
        calls: Permits of the embedder's calls.
    """

    index: PassageIndex
    embedder: Embedder | None
    calls: Semaphore

    async def find(self, text: str, need: PassageNeed) -> list[Passage]:
        """Return passages on what a text is about, best first.

        The text is embedded only where there are vectors to compare it with.
        """
        by_words = await self.index.by_words(text, need, MOST_RANKED)
        by_meaning = await self._by_meaning(text, need)
        known = {one.source.source_id: one for one in (*by_words, *by_meaning)}
        ranked = fuse(_ids(by_words), _ids(by_meaning))
        return [known[one] for one in ranked]

    async def _by_meaning(self, text: str, need: PassageNeed) -> Sequence[Passage]:
        if self.embedder is None or not await self.index.has_vectors(self.embedder.identity):
            return ()
        async with self.calls:
            (vector,) = await self.embedder.embed([text], EmbeddingPurpose.QUESTION)
        return await self.index.by_meaning(vector, self.embedder.identity, need, MOST_RANKED)

    async def sections(self, request: LessonRequest) -> tuple[Section, ...]:
        """Return the sections that may answer an ask, best first."""
        found = await self.find(request.query, need_of(request, request.grade_level))
        best = dict[tuple[str, str], Passage]()
        for one in found:
            best.setdefault((one.source.title, one.headings), one)
        return tuple(_section(one) for one in islice(best.values(), MOST_SECTIONS))

    async def on_topic(self, topic_id: str, title: str, need: PassageNeed) -> tuple[Passage, ...]:
        """Return the passages that a lesson on a topic may rest on.

        Those of the section come first where the topic is one. Others have to speak of the title:
        a search always finds something, and a writer should not be led astray.
        """
        own = await self.index.of_section(topic_id, need, MOST_PASSAGES)
        taken = set(_ids(own))
        others = [
            one
            for one in await self.find(title, need)
            if one.source.source_id not in taken and speaks_of(title, one)
        ]
        return (*own, *others)[:MOST_PASSAGES]


def need_of(request: LessonRequest, grade_level: int) -> PassageNeed:
    """Say who asks, in which language, and for which grade."""
    return PassageNeed(request.organization_id, request.language, grade_level)


def speaks_of(title: str, passage: Passage) -> bool:
    """Tell whether a passage holds enough of a title's words."""
    wanted = stems(title)
    held = wanted & stems(f"{passage.headings} {passage.text}")
    return len(held) >= LEAST_SPOKEN_OF * len(wanted)


def _ids(passages: Sequence[Passage]) -> list[str]:
    return [one.source.source_id for one in passages]


def _section(passage: Passage) -> Section:
    return Section(
        section_id=passage.source.source_id,
        title=passage.title,
        document=passage.source.title,
        begins=passage.text[:LONGEST_BEGINNING],
        grades=passage.grades,
    )
