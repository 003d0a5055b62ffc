"""The bundled curriculum as a tutor: understands asks, names sources, writes storyboards."""

from __future__ import annotations

import asyncio

from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.match import AmbiguousQuery, TopicMatch, match_topic
from worker.curriculum.models import Curriculum
from worker.lessons.storyboard import Storyboard
from worker.lessons.understanding import (
    ClarificationNeeded,
    Grounding,
    LessonBrief,
    OutOfScope,
    TopicFound,
    Understanding,
)


class CurriculumTutor:
    """Implements `worker.ports.Tutor`; all of it in this process, none of it remote."""

    def __init__(self, curriculum: Curriculum) -> None:
        self._curriculum = curriculum
        self._writer = CurriculumWriter(curriculum)

    async def understand(self, query: str, grade_level: int) -> Understanding:
        """Match the words against the topics; offer what is near where none fits."""
        match = await asyncio.to_thread(match_topic, self._curriculum, query, grade_level)
        if isinstance(match, TopicMatch):
            topic = match.topic
            return TopicFound(topic.id, topic.title, topic.objective, match.lesson_grade)
        if isinstance(match, AmbiguousQuery):
            return ClarificationNeeded(match.questions)
        return OutOfScope(match.questions)

    async def ground(self, topic_id: str) -> Grounding:
        """Return the textbooks that the topic is written from."""
        topic = self._curriculum.topic(topic_id)
        return Grounding(topic_id, tuple(source.id for source in topic.sources))

    async def write_storyboard(self, brief: LessonBrief) -> Storyboard:
        """Compose the storyboard; it takes milliseconds, but not on the event loop."""
        return await asyncio.to_thread(
            self._writer.write,
            brief.topic_id,
            brief.grade_level,
            brief.interest,
            brief.duration_seconds,
        )
