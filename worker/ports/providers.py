"""Who understands, writes, speaks and embeds, and how they tell what they lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from worker.lessons.narration import SpokenSentence
from worker.lessons.storyboard import Storyboard
from worker.lessons.understanding import Grounding, LessonBrief, Section, Understanding


class Voice(Protocol):
    """A text-to-speech voice."""

    @property
    def name(self) -> str:
        """The voice's name, as reports show it."""
        ...

    @property
    def identity(self) -> str:
        """Everything beside text and rate that decides the sound: voice, libraries, code.

        Two voices of one identity speak alike, so that a narration may be kept under it.
        """
        ...

    async def speak(
        self, text: str, words_per_minute: float, language: str = "en"
    ) -> SpokenSentence:
        """Speak one sentence without blocking the event loop.

        Args:
            text: One sentence of speakable words.
            words_per_minute: The rate that the voice keeps on average over many sentences.
            language: The text's, as a BCP 47 tag.

        Raises:
            NarrationError: The voice cannot speak this text, or not this language.
            DependencyUnavailableError: The voice did not answer.
        """
        ...


class Tutor(Protocol):
    """Knows the topics: understands an ask, names its sources, writes its storyboard.

    Where the knowledge is remote every method may raise DependencyUnavailableError, and
    AnswerUnusableError for an answer that cannot be used.
    """

    @property
    def identity(self) -> str:
        """Everything beside an ask that decides what it answers: model, prompts, topics, code.

        Checkpoints are kept under it, so that a new prompt does not take up an old answer.
        """
        ...

    async def understand(
        self, query: str, grade_level: int, sections: Sequence[Section] = ()
    ) -> Understanding:
        """Say what a student's words ask for; never guess a topic that does not fit.

        Args:
            query: The student's words.
            grade_level: 1-12.
            sections: Of own sources, what may answer; a tutor that reads none gets none.
        """
        ...

    async def ground(self, topic_id: str) -> Grounding:
        """Return what the tutor itself rests a lesson on; nothing for a section's id."""
        ...

    async def write_storyboard(self, brief: LessonBrief) -> Storyboard:
        """Write the lesson's storyboard.

        A remote writer may answer the same brief otherwise the next time: the checkpoint keeps
        what it wrote.

        Raises:
            ContentBlockedError: The writer's filters for minors refuse it.
        """
        ...


class EmbeddingPurpose(StrEnum):
    """What an embedding is for: a question is embedded otherwise than what answers it."""

    PASSAGE = "passage"
    QUESTION = "question"


class Embedder(Protocol):
    """Turns texts into vectors whose nearness is nearness of meaning."""

    @property
    def identity(self) -> str:
        """What decides the vectors: only those of one identity may be compared."""
        ...

    async def embed(
        self, texts: Sequence[str], purpose: EmbeddingPurpose
    ) -> Sequence[tuple[float, ...]]:
        """Return one vector of length 1 for each text, in order, all of one dimension.

        Raises:
            ValueError: A text is empty.
            DependencyUnavailableError: The model did not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Something that a provider lacks for the work that is ahead.

    Attributes:
        variable: The setting that names it.
        consequence: What will happen without it.
        mend: What to do, as the exact line where there is one.
        is_error: False for a warning: the worker can run.
    """

    variable: str
    message: str
    consequence: str
    mend: str
    is_error: bool = True


@runtime_checkable
class SelfChecking(Protocol):
    """An adapter that can tell, before the first message, whether its provider serves it."""

    async def shortcomings(self) -> Sequence[Shortcoming]:
        """Ask the provider whether the model or the voice is there and does what it is to do.

        It costs next to nothing, and is charged to nobody.

        Raises:
            DependencyUnavailableError: It does not answer.
            RefusedError: It refuses, and why is none of the shortcomings that are known.
        """
        ...
