"""Writes storyboards from the bundled curriculum: the same request, the same lesson."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from worker.adapters.lesson_composition import Composition
from worker.adapters.lesson_length import estimate_scene_seconds
from worker.adapters.lesson_lines import Line, read_lines
from worker.adapters.lesson_wording import word_for
from worker.curriculum.interests import choose_analogy
from worker.curriculum.models import EVERYDAY, Curriculum, LevelText, Topic
from worker.lessons.pace import Pace, pace_at
from worker.lessons.sources_card import sources_card
from worker.lessons.storyboard import Scene, SceneKind, Source, Storyboard
from worker.lessons.visuals import Visual

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
        pace_of: How fast the voice will speak to a grade.
    """

    def __init__(self, curriculum: Curriculum, pace_of: Callable[[int], Pace] = pace_at) -> None:
        self._curriculum = curriculum
        self._pace_of = pace_of
        self._read: dict[tuple[str, bool], tuple[tuple[Line, ...], ...]] = {}

    def write(
        self, topic_id: str, grade_level: int, interest: str | None, duration_seconds: int
    ) -> Storyboard:
        """Compose a lesson, as close to `duration_seconds` as the topic's material allows.

        Its sources card comes on top of that.

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
        pace = self._pace_of(grade_level)
        wording = word_for(
            tuple(read_lines(level, topic.further, analogy)),
            self._tellings(topic, level),
            lambda line: estimate_scene_seconds((line.sentence,), pace),
        )
        titles = _titles(level, f"{topic.title} {through.setting}")
        composition = Composition(
            wording, topic.example_first, titles, _visuals(level), pace, duration_seconds
        )
        scenes, sources = composition.scenes(), _cited(topic)
        return Storyboard(
            topic_id=topic.id,
            title=topic.title,
            subject=topic.subject,
            grade_level=grade_level,
            language=LANGUAGE,
            interest=through.label,
            interest_matched=analogy.interest != EVERYDAY,
            objective=topic.objective,
            scenes=(*scenes, sources_card(sources, scenes)),
            sources=sources,
            key_terms=_defined(level, scenes),
        )

    def _tellings(self, topic: Topic, level: LevelText) -> tuple[tuple[Line, ...], ...]:
        """Return all that a topic may say, once with each analogy; they are read once."""
        key = (topic.id, level is topic.basic)
        if key not in self._read:
            self._read[key] = tuple(
                tuple(read_lines(level, topic.further, one)) for one in topic.analogies
            )
        return self._read[key]


def _cited(topic: Topic) -> tuple[Source, ...]:
    return tuple(Source(one.id, one.title, one.chapter, one.licence) for one in topic.sources)


def _visuals(level: LevelText) -> dict[SceneKind, Visual | None]:
    return {
        SceneKind.EXPLANATION: level.visual,
        SceneKind.WORKED_EXAMPLE: level.example.visual,
    }


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
