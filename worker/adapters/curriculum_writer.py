"""Writes storyboards from the bundled curriculum: the same request, the same lesson."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from worker.adapters.lesson_composition import Composition, read_lines
from worker.curriculum.interests import choose_analogy
from worker.curriculum.models import EVERYDAY, Curriculum, LevelText
from worker.lessons.pace import words_per_minute
from worker.lessons.storyboard import Scene, SceneKind, Source, Storyboard

LANGUAGE = "en"

_TITLES = {
    SceneKind.HOOK: "A question to start",
    SceneKind.TERMS: "Words you need",
    SceneKind.MISCONCEPTION: "A common mix-up",
    SceneKind.QUESTION: "Check yourself",
    SceneKind.TAKEAWAYS: "What to remember",
}


class CurriculumWriter:
    """Writes storyboards from the bundled curriculum.

    Args:
        curriculum: The topics.
        rate: The words per minute that the voice will keep at a grade.
    """

    def __init__(
        self, curriculum: Curriculum, rate: Callable[[int], float] = words_per_minute
    ) -> None:
        self._curriculum = curriculum
        self._rate = rate

    def write(
        self, topic_id: str, grade_level: int, interest: str | None, duration_seconds: int
    ) -> Storyboard:
        """Compose a lesson.

        Its length comes as close to `duration_seconds` as the topic's material allows;
        `lesson_length.estimate_seconds` says how close. `interest_matched` is False where no
        interest was named, or none that this topic has an analogy for.

        Args:
            topic_id: A topic of the curriculum.
            grade_level: 1-12; it chooses the reading level and the speaking rate.
            interest: What the student likes, in the student's words.
            duration_seconds: The length to aim at.

        Raises:
            UnknownTopicError: The curriculum has no such topic.
        """
        topic = self._curriculum.topic(topic_id)
        analogy = choose_analogy(self._curriculum, topic, interest)
        through = self._curriculum.interest(analogy.interest)
        level = topic.at_grade(grade_level)
        composition = Composition(
            lines=tuple(read_lines(level, analogy)),
            example_first=topic.example_first,
            titles=_titles(level, f"{topic.title} {through.setting}"),
            visuals={
                SceneKind.EXPLANATION: level.visual,
                SceneKind.WORKED_EXAMPLE: level.example.visual,
            },
            rate=self._rate(grade_level),
            target_seconds=duration_seconds,
        )
        return Storyboard(
            topic_id=topic.id,
            title=topic.title,
            subject=topic.subject,
            grade_level=grade_level,
            language=LANGUAGE,
            interest=through.label,
            interest_matched=analogy.interest != EVERYDAY,
            objective=topic.objective,
            scenes=(scenes := composition.scenes()),
            sources=tuple(Source(s.id, s.title, s.chapter, s.licence) for s in topic.sources),
            key_terms=_defined(level, scenes),
        )


def _titles(level: LevelText, analogy: str) -> dict[SceneKind, str]:
    return _TITLES | {
        SceneKind.EXPLANATION: level.explanation_title,
        SceneKind.ANALOGY: analogy,
        SceneKind.WORKED_EXAMPLE: level.example.title,
    }


def _defined(level: LevelText, scenes: Sequence[Scene]) -> tuple[str, ...]:
    """The terms whose definitions are spoken."""
    said = {sentence.text for scene in scenes for sentence in scene.sentences}
    return tuple(term.term for term in level.terms if term.say in said)
