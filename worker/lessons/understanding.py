"""What a student's words were understood to ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from worker.lessons.safety.harm import Harm
from worker.lessons.source_text import Passage


@dataclass(frozen=True, slots=True)
class TopicFound:
    """The ask is about one topic that the curriculum can teach.

    Attributes:
        grade_level: The grade that the lesson is written for; it differs from the student's
            only where the topic is taught at neighbouring grades.
    """

    topic_id: str
    title: str
    objective: str
    grade_level: int


@dataclass(frozen=True, slots=True)
class ClarificationNeeded:
    """The ask fits several topics.

    Attributes:
        questions: Two or three questions that a student can tap instead of typing.
    """

    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """The curriculum has no such topic.

    Attributes:
        offers: Up to three questions about topics that it has, nearest first.
    """

    offers: tuple[str, ...]


class Judge(StrEnum):
    """Who finds an ask unfit for a minor."""

    RULES = "rules"
    WRITER = "writer"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Unsafe:
    """The ask is none that a minor gets a lesson on.

    Attributes:
        judged_by: Our own word lists, the writer itself, or the filters of its provider.
        harm: What it speaks of; filters do not say.
    """

    judged_by: Judge
    harm: Harm = Harm.UNFIT


Understanding = TopicFound | ClarificationNeeded | OutOfScope | Unsafe


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading of an own source: something that can be taught.

    Attributes:
        section_id: The source id of a passage of it; a topic's id where it is what is asked for.
        document: The title of its text.
        begins: How a passage of it begins, for whoever chooses.
        grades: The lowest and the highest grade that it is for; None for all.
    """

    section_id: str
    title: str
    document: str
    begins: str
    grades: tuple[int, int] | None = None

    @property
    def objective(self) -> str:
        """What a student can do after a lesson on it."""
        return f"You can explain the main ideas of {self.title}."


@dataclass(frozen=True, slots=True)
class Grounding:
    """What a lesson on a topic may rest on.

    Attributes:
        source_ids: All sources: the topic's own, and those of the passages.
        passages: Of own sources, the most fitting first.
    """

    topic_id: str
    source_ids: tuple[str, ...]
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class LessonBrief:
    """What a storyboard is written from.

    Attributes:
        grade_level: The grade that the lesson is written for.
        duration_seconds: The length aimed at.
        title: The topic's; it and the objective are needed for a section of an own source.
        passages: Of own sources, for a writer that reads them.
    """

    topic_id: str
    grade_level: int
    interest: str | None = field(repr=False)
    language: str
    duration_seconds: int
    title: str = ""
    objective: str = ""
    passages: tuple[Passage, ...] = ()
