"""What a student's question asks for, as a model sorts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def understanding_question(
    query: str, grade_level: int, offered: Mapping[str, Topic]
) -> Question[UnderstandingAnswer]:
    """Ask what a student's words ask for, among the topics that are taught at the grade."""
    listed = [
        {"id": topic.id, "title": topic.title, "objective": topic.objective}
        for topic in offered.values()
    ]
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


def understood(
    answer: UnderstandingAnswer, offered: Mapping[str, Topic], grade_level: int
) -> Understanding:
    """Return what an answer without faults says, in the domain's words."""
    questions = tuple(_tappable(one) for one in answer.choices)
    match answer.outcome:
        case Outcome.TOPIC:
            topic = offered[answer.choices[0].topic_id]
            grade = nearest_grade(topic, grade_level)
            return TopicFound(topic.id, topic.title, topic.objective, grade)
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
