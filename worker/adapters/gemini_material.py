"""What a model writes a lesson from: a topic of the curriculum, or a section of an own source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.curriculum.interests import choose_analogy, match_interests
from worker.curriculum.models import EVERYDAY, Analogy, Curriculum, Statement, Topic, statements
from worker.lessons.source_text import Passage
from worker.lessons.storyboard import Scene, Source
from worker.lessons.understanding import LessonBrief


@dataclass(frozen=True, slots=True)
class Material:
    """The texts of one lesson, and what they make of the brief.

    Attributes:
        interest: As the curriculum names it.
        sources: Everything that may be named.
        block: The texts, as the model gets them.
        terms: What the lesson has to define where it uses it.
        passages: Of own sources; a sentence that names one has to be supported by it.
    """

    title: str
    subject: str
    objective: str
    interest: str
    interest_matched: bool
    sources: tuple[Source, ...]
    block: Mapping[str, object]
    terms: tuple[str, ...]
    passages: tuple[Passage, ...]

    @property
    def source_ids(self) -> frozenset[str]:
        """Everything that a sentence may name."""
        return frozenset(one.source_id for one in self.sources)

    @property
    def texts(self) -> Mapping[str, str]:
        """What the passages of own sources say, by their source ids, headings included."""
        return {one.source.source_id: f"{one.headings}\n{one.text}" for one in self.passages}

    def named_sources(self, scenes: Sequence[Scene]) -> tuple[Source, ...]:
        """Return the lesson's sources: the topic's own, and of the passages those in use."""
        used = {one for scene in scenes for line in scene.sentences for one in line.source_ids}
        idle = self.texts.keys() - used
        return tuple(one for one in self.sources if one.source_id not in idle)

    def spoken_terms(self, scenes: Sequence[Scene]) -> tuple[str, ...]:
        """Return the terms that the lesson uses, and so has to define."""
        said = " ".join(one.text for scene in scenes for one in scene.sentences).casefold()
        return tuple(term for term in self.terms if term.casefold() in said)


def material_for(curriculum: Curriculum, brief: LessonBrief) -> Material:
    """Gather what a brief's lesson is written from.

    Raises:
        UnknownTopicError: It is no topic of the curriculum's, and there is no passage on it.
    """
    topic = find_topic(curriculum, brief.topic_id)
    if topic is None and not brief.passages:
        curriculum.topic(brief.topic_id)
    return _of_section(curriculum, brief) if topic is None else _of_topic(curriculum, topic, brief)


def find_topic(curriculum: Curriculum, topic_id: str) -> Topic | None:
    """Return a topic of the curriculum's, or None for a section's id."""
    return next((topic for topic in curriculum.topics if topic.id == topic_id), None)


def _of_topic(curriculum: Curriculum, topic: Topic, brief: LessonBrief) -> Material:
    analogy = choose_analogy(curriculum, topic, brief.interest)
    level = topic.at_grade(brief.grade_level)
    bundled = tuple(Source(s.id, s.title, s.chapter, s.licence) for s in topic.sources)
    sources = (*bundled, *(one.source for one in brief.passages))
    said = [_statement(one) for one in statements(level)]
    return Material(
        title=topic.title,
        subject=topic.subject,
        objective=topic.objective,
        interest=curriculum.interest(analogy.interest).label,
        interest_matched=analogy.interest != EVERYDAY,
        sources=sources,
        block={
            "texts": [_text(one) for one in sources],
            "passages": [*said, *map(_passage, brief.passages)],
            "check_question": level.question.ask,
            "analogy": _analogy(analogy),
        },
        terms=tuple(term.term for term in level.terms),
        passages=brief.passages,
    )


def _of_section(curriculum: Curriculum, brief: LessonBrief) -> Material:
    """A section brings no analogy: the model makes one of the interest that is named."""
    named = match_interests(curriculum, brief.interest)
    interest = named[0] if named else curriculum.interest(EVERYDAY)
    sources = tuple(one.source for one in brief.passages)
    return Material(
        title=brief.title,
        subject="",
        objective=brief.objective,
        interest=interest.label,
        interest_matched=bool(named),
        sources=sources,
        block={
            "texts": [_text(one) for one in sources],
            "passages": [_passage(one) for one in brief.passages],
        },
        terms=(),
        passages=brief.passages,
    )


def _text(source: Source) -> dict[str, str]:
    return {
        "id": source.source_id,
        "title": source.title,
        "chapter": source.chapter,
        "licence": source.licence,
    }


def _statement(statement: Statement) -> dict[str, object]:
    return {"text": statement.say, "source_ids": statement.sources}


def _passage(passage: Passage) -> dict[str, object]:
    return {"text": passage.text, "source_ids": [passage.source.source_id]}


def _analogy(analogy: Analogy) -> dict[str, object]:
    return {"hook": analogy.hook, "passages": [_statement(one) for one in analogy.mapping]}
