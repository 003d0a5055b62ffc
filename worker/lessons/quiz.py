"""The questions that a lesson asks itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise

from worker.lessons.storyboard import Scene, SceneKind, Storyboard
from worker.lessons.timeline import PlacedScene, Timeline


@dataclass(frozen=True, slots=True)
class LessonQuestion:
    """A question that a lesson asks, waits for, and answers.

    Attributes:
        scene_id: The scene that asks and answers it.
        choices: Answers to choose from; none where it is to be answered from memory.
        right_choice: Index into the choices; None where there are none.
        explanation: Why the answer is right, or empty.
        objective: What a student can do who answers it.
        asked_at: When the question has been asked and the silence begins, in seconds from the
            start of the lesson; None for a lesson to read.
        answered_at: When the answer begins, likewise.
    """

    scene_id: str
    ask: str
    answer: str
    explanation: str
    objective: str
    choices: tuple[str, ...] = ()
    right_choice: int | None = None
    asked_at: float | None = None
    answered_at: float | None = None


def questions_of(
    storyboard: Storyboard, timeline: Timeline | None = None
) -> tuple[LessonQuestion, ...]:
    """Return the questions that the lesson's question scenes ask and answer, in their order."""
    placed = timeline.scenes if timeline else (None,) * len(storyboard.scenes)
    return tuple(
        question
        for scene, times in zip(storyboard.scenes, placed, strict=True)
        if scene.kind is SceneKind.QUESTION
        for question in _asked_in(scene, times, storyboard.objective)
    )


def write_quiz(storyboard: Storyboard, timeline: Timeline | None = None) -> str:
    """Return the questions as JSON, for players that stop at them and for pages that ask again."""
    body = {
        "topic_id": storyboard.topic_id,
        "objective": storyboard.objective,
        "questions": [asdict(one) for one in questions_of(storyboard, timeline)],
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _asked_in(scene: Scene, times: PlacedScene | None, objective: str) -> Iterator[LessonQuestion]:
    """A question that a statement follows: that is the answer, and what comes next is why.

    What stands before the first question leads to it.
    """
    texts = [one.text for one in scene.sentences]
    asking = [number for number, text in enumerate(texts) if text.rstrip().endswith("?")]
    for number, following in pairwise([*asking, len(texts)]):
        if following > number + 1:
            first = 0 if number == asking[0] else number
            asked_at, answered_at = (None, None) if times is None else _silence(times, number)
            yield LessonQuestion(
                scene_id=scene.scene_id,
                ask=" ".join(texts[first : number + 1]),
                answer=texts[number + 1],
                explanation=" ".join(texts[number + 2 : following]),
                objective=objective,
                asked_at=asked_at,
                answered_at=answered_at,
            )


def _silence(times: PlacedScene, number: int) -> tuple[float, float]:
    """When the silence after a sentence begins and ends."""
    asked, answer = times.sentences[number : number + 2]
    return round(times.start + asked.end, 3), round(times.start + answer.start, 3)
