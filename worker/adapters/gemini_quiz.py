"""Questions on a lesson, as a model writes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from worker.adapters.gemini_calls import Inquiry
from worker.adapters.gemini_dialogue import Question
from worker.adapters.gemini_schemas import QuizAnswer, gemini_schema
from worker.adapters.prompts import data_block, read_prompt
from worker.lessons.quiz import Quiz, QuizQuestion
from worker.lessons.storyboard import Storyboard

MOST_TOKENS = 16384
"""Of an answer, the model's thoughts included. (ours)"""

FEWEST_CHOICES = 3
MOST_CHOICES = 4


def quiz_question(storyboard: Storyboard, count: int) -> Question[QuizAnswer]:
    """Ask for a number of questions on a lesson."""
    lesson = [
        {"scene_id": scene.scene_id, "says": [one.text for one in scene.sentences]}
        for scene in storyboard.scenes
    ]
    task = {"topic": storyboard.title, "grade": storyboard.grade_level, "questions": count}
    scene_ids = frozenset(scene.scene_id for scene in storyboard.scenes)
    return Question(
        Inquiry(
            what="write a quiz",
            prompt=read_prompt("quiz"),
            schema=gemini_schema(QuizAnswer),
            most_tokens=MOST_TOKENS,
        ),
        f"{data_block('task', task)}\n\n{data_block('lesson', lesson)}",
        QuizAnswer,
        partial(quiz_faults, scene_ids=scene_ids, count=count),
    )


def quiz_faults(answer: QuizAnswer, scene_ids: frozenset[str], count: int) -> Sequence[str]:
    """Return a sentence for everything that makes a quiz unusable."""
    faults = []
    if len(answer.questions) != count:
        faults.append(f"There are {len(answer.questions)} questions, {count} are wanted.")
    for number, one in enumerate(answer.questions, start=1):
        if one.scene_id not in scene_ids:
            faults.append(f"Question {number}: there is no scene {one.scene_id!r}.")
        if len(set(one.choices)) < len(one.choices):
            faults.append(f"Question {number} has the same choice twice.")
        if not FEWEST_CHOICES <= len(one.choices) <= MOST_CHOICES:
            faults.append(f"Question {number} has {len(one.choices)} choices, 3 or 4 are wanted.")
        if not 0 <= one.right_choice < len(one.choices):
            faults.append(f"Question {number}: choice {one.right_choice} is not there.")
        if not one.ask.strip() or not one.explanation.strip():
            faults.append(f"Question {number} or its explanation is empty.")
    return faults


def to_quiz(topic_id: str, answer: QuizAnswer) -> Quiz:
    """Return the quiz that an answer without faults is."""
    return Quiz(topic_id, tuple(QuizQuestion(**one.model_dump()) for one in answer.questions))
