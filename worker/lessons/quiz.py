"""Questions on a lesson, to answer after it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """A question with one right choice.

    Attributes:
        scene_id: The scene that answers it.
        right_choice: Index into the choices.
        explanation: Why that choice is right.
    """

    scene_id: str
    ask: str
    choices: tuple[str, ...]
    right_choice: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Quiz:
    """The questions on one lesson, in the order of its scenes."""

    topic_id: str
    questions: tuple[QuizQuestion, ...]
