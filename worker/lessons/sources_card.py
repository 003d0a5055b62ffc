"""The card that a lesson ends with: what it rests on, credited as the licences ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.lessons.storyboard import Scene, SceneKind, Source

CARD_SECONDS = 3.5
"""How long the card is shown, in silence: time to see what stands there, and to pause. (ours)"""

CARD_TITLE = "Sources"


@dataclass(frozen=True, slots=True)
class Credit:
    """One text with all that a lesson takes from it.

    Attributes:
        chapters: Each once, in the order of the sources.
        author: Whom the licence wants named, or empty.
        url: Where the text is to be found, or empty.
    """

    title: str
    chapters: tuple[str, ...]
    author: str
    licence: str
    url: str


def sources_card(sources: Sequence[Source], scenes: Iterable[Scene]) -> Scene:
    """Return the card for a lesson of these scenes; it credits the sources in use.

    Args:
        sources: Everything that the lesson may rest on, in its own order.
        scenes: What is said.
    """
    return Scene(
        scene_id=SceneKind.SOURCES.value,
        kind=SceneKind.SOURCES,
        title=CARD_TITLE,
        sentences=(),
        sources=cited_sources(sources, scenes),
        hold_seconds=CARD_SECONDS,
    )


def cited_sources(sources: Sequence[Source], scenes: Iterable[Scene]) -> tuple[Source, ...]:
    """Return the sources that a sentence of the scenes rests on, in their own order."""
    cited = {
        source_id
        for scene in scenes
        for sentence in scene.sentences
        for source_id in sentence.source_ids
    }
    return tuple(source for source in sources if source.source_id in cited)


def credits_of(sources: Iterable[Source]) -> tuple[Credit, ...]:
    """Return a credit for each text: chapters and passages of one text share it."""
    chapters: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for one in sources:
        of_text = chapters.setdefault((one.title, one.author, one.licence, one.url), {})
        if one.chapter:
            of_text[one.chapter] = None
    return tuple(
        Credit(title, tuple(named), author, licence, url)
        for (title, author, licence, url), named in chapters.items()
    )
