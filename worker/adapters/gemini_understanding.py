"""What a student's question asks for, as a model sorts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from worker.adapters.gemini_calls import Inquiry
from worker.adapters.gemini_dialogue import Question
from worker.adapters.gemini_schemas import (
    Outcome,
    TopicChoice,
    UnderstandingAnswer,
    gemini_schema,
)
from worker.adapters.prompts import data_block, read_prompt
from worker.curriculum.match import nearest_grade
from worker.curriculum.models import Topic
from worker.lessons.safety.harm import Harm
from worker.lessons.understanding import (
    ClarificationNeeded,
    Judge,
    OutOfScope,
    Section,
    TopicFound,
    Understanding,
    Unsafe,
)

MOST_TOKENS = 8192
"""Of an answer, the model's thoughts included. (ours)"""

MOST_CHOICES = 3
LONGEST_QUESTION = 120
"""Characters; the prompt asks for 80. (ours)"""

_CHOICES = {
    Outcome.TOPIC: (1, 1),
    Outcome.AMBIGUOUS: (2, MOST_CHOICES),
    Outcome.OUT_OF_SCOPE: (0, MOST_CHOICES),
    Outcome.SELF_HARM: (0, 0),
    Outcome.UNSAFE: (0, 0),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be taught.

    Attributes:
        lesson_grade: The grade that a lesson on it would be written for.
        text: The title of the own source that it is a section of; empty for a topic.
        begins: How the section begins.
    """

    topic_id: str
    title: str
    objective: str
    lesson_grade: int
    text: str = ""
    begins: str = ""


def offer_of_topic(topic: Topic, grade_level: int) -> Offer:
    """Offer a topic of the curriculum's to a student of a grade."""
    return Offer(topic.id, topic.title, topic.objective, nearest_grade(topic, grade_level))


def offer_of_section(section: Section, grade_level: int) -> Offer:
    """Offer a section of an own source, at the nearest grade that its text is for."""
    lowest, highest = section.grades or (grade_level, grade_level)
    return Offer(
        section.section_id,
        section.title,
        section.objective,
        min(max(grade_level, lowest), highest),
        section.document,
        section.begins,
    )


def understanding_question(
    query: str, grade_level: int, offered: Mapping[str, Offer]
) -> Question[UnderstandingAnswer]:
    """Ask what a student's words ask for, among all that can be taught at the grade."""
    listed = [_listed(one) for one in offered.values()]
    student = {"grade": grade_level, "question": query}
    return Question(
        Inquiry(
            what="understand a question",
            prompt=read_prompt("understand"),
            schema=gemini_schema(UnderstandingAnswer),
            most_tokens=MOST_TOKENS,
        ),
        f"{data_block('topics', listed)}\n\n{data_block('student', student)}",
        UnderstandingAnswer,
        partial(understanding_faults, topic_ids=frozenset(offered)),
    )


def understanding_faults(answer: UnderstandingAnswer, topic_ids: frozenset[str]) -> Sequence[str]:
    """Return a sentence for everything that makes an understanding unusable."""
    faults = [
        f"{one.topic_id!r} is no topic of the list."
        for one in answer.choices
        if one.topic_id not in topic_ids
    ]
    faults += [
        f"The question of choice {number} has {len(one.question)} characters or several lines."
        for number, one in enumerate(answer.choices, start=1)
        if not 1 <= len(one.question) <= LONGEST_QUESTION or not one.question.isprintable()
    ]
    fewest, most = _CHOICES[answer.outcome]
    if not fewest <= len(answer.choices) <= most:
        said = f"{fewest} to {most}" if fewest != most else f"exactly {most}"
        faults.append(
            f"The outcome {answer.outcome.value} takes {said} choices, not {len(answer.choices)}."
        )
    if len({one.topic_id for one in answer.choices}) < len(answer.choices):
        faults.append("A topic is named twice.")
    return faults


def _listed(offer: Offer) -> dict[str, str]:
    topic = {"id": offer.topic_id, "title": offer.title}
    if offer.text:
        return {**topic, "text": offer.text, "begins": offer.begins}
    return {**topic, "objective": offer.objective}


def understood(answer: UnderstandingAnswer, offered: Mapping[str, Offer]) -> Understanding:
    """Return what an answer without faults says, in the domain's words."""
    questions = tuple(_tappable(one) for one in answer.choices)
    match answer.outcome:
        case Outcome.TOPIC:
            one = offered[answer.choices[0].topic_id]
            return TopicFound(one.topic_id, one.title, one.objective, one.lesson_grade)
        case Outcome.AMBIGUOUS:
            return ClarificationNeeded(questions)
        case Outcome.OUT_OF_SCOPE:
            return OutOfScope(questions)
        case Outcome.SELF_HARM:
            return Unsafe(Judge.WRITER, Harm.SELF_HARM)
        case Outcome.UNSAFE:
            return Unsafe(Judge.WRITER)


def _tappable(choice: TopicChoice) -> str:
    return " ".join(choice.question.split())
