"""What a lesson will say and show, before anything is spoken or drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.lessons.visuals import PartCue, Visual


class SceneKind(StrEnum):
    """The role of a scene in the lesson."""

    HOOK = "hook"
    TERMS = "terms"
    EXPLANATION = "explanation"
    ANALOGY = "analogy"
    WORKED_EXAMPLE = "worked_example"
    MISCONCEPTION = "misconception"
    QUESTION = "question"
    TAKEAWAYS = "takeaways"
    SOURCES = "sources"
    """The card that a lesson ends with: nothing is said, and nothing is taught."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text that sentences of a lesson rest on: a chapter, or a passage of an own source.

    Attributes:
        chapter: Where in the text: its chapter, or the headings above a passage and its page.
        author: Whom the licence wants named, or empty.
        url: Where the text is to be found, or empty.
    """

    source_id: str
    title: str
    chapter: str
    licence: str
    author: str = ""
    url: str = ""

    @property
    def credit(self) -> str:
        """What the licence wants said: title, chapter, author and licence."""
        named = ", ".join(part for part in (self.title, self.chapter, self.author) if part)
        return f"{named} ({self.licence})" if self.licence else named


@dataclass(frozen=True, slots=True)
class Sentence:
    """One narrated sentence, exactly as it is spoken and captioned.

    Attributes:
        text: Speakable words: no markdown, no symbols that a voice cannot read.
        source_ids: Ids of the sources that a factual sentence rests on.
        pause_after: Silence after the sentence, in seconds.
    """

    text: str
    source_ids: tuple[str, ...] = ()
    pause_after: float = 0.35


@dataclass(frozen=True, slots=True)
class Bullet:
    """A line on screen that appears when its cue is spoken.

    Attributes:
        text: Eight words or fewer.
        sentence_index: Index into the scene's sentences.
        cue_word_index: Index of the whitespace-separated word of that sentence that reveals it.
    """

    text: str
    sentence_index: int
    cue_word_index: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """One idea: what is said and what is shown.

    Attributes:
        display: A formula or phrase shown large (``F = ma``), or an empty string.
        display_sentence_index: The sentence that reveals `display`.
        visual: A drawing whose parts appear as they are named, or None.
        part_cues: The words that name the visual's parts, in the order of the narration.
        sources: What a sources card credits; no other scene has any.
        hold_seconds: The scene lasts so long at least, whatever is said in it.
    """

    scene_id: str
    kind: SceneKind
    title: str
    sentences: tuple[Sentence, ...]
    bullets: tuple[Bullet, ...] = ()
    display: str = ""
    display_sentence_index: int = 0
    visual: Visual | None = None
    part_cues: tuple[PartCue, ...] = ()
    sources: tuple[Source, ...] = ()
    hold_seconds: float = 0.0

    @property
    def teaches(self) -> bool:
        """Whether it is more than the card that the lesson ends with."""
        return self.kind is not SceneKind.SOURCES


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The ordered scenes of one lesson.

    Attributes:
        interest: The interest that carries the analogy, as the curriculum names it.
        interest_matched: False where the student's own interest had no analogy and an
            everyday one stands in; the lesson's reports say so.
        key_terms: Terms that the lesson is to define, as its sentences write them.
    """

    topic_id: str
    title: str
    subject: str
    grade_level: int
    language: str
    interest: str
    interest_matched: bool
    objective: str
    scenes: tuple[Scene, ...]
    sources: tuple[Source, ...]
    key_terms: tuple[str, ...] = ()

    @property
    def taught(self) -> tuple[Scene, ...]:
        """The scenes without the sources card."""
        return tuple(scene for scene in self.scenes if scene.teaches)
