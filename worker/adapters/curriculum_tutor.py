"""The bundled curriculum as a tutor: understands asks, names sources, writes storyboards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

from worker.adapters.cpu_time import run_charged
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.adapters.identity import identify
from worker.curriculum.match import AmbiguousQuery, TopicMatch, match_topic
from worker.curriculum.models import Curriculum
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.digest import digest_of
from worker.lessons.storyboard import Storyboard
from worker.lessons.understanding import (
    ClarificationNeeded,
    Grounding,
    LessonBrief,
    OutOfScope,
    Section,
    TopicFound,
    Understanding,
)

MODULES = (
    __name__,
    "worker.adapters.curriculum_writer",
    "worker.adapters.lesson_composition",
    "worker.adapters.lesson_length",
    "worker.adapters.lesson_lines",
    "worker.adapters.lesson_wording",
    "worker.curriculum.interests",
    "worker.curriculum.match",
    "worker.curriculum.ordinary_words",
    "worker.curriculum.phrase_index",
    "worker.curriculum.told_words",
    "worker.curriculum.wording",
    "worker.lessons.pace",
    "worker.lessons.sources_card",
)
"""Our own modules that decide what the curriculum answers."""


ONE_ANSWER = Usage(cpu_seconds=1.0)
"""More than matching or writing takes on a slow core."""


class CurriculumTutor:
    """Implements `worker.ports.Tutor`; all of it in this process, none of it remote."""

    def __init__(self, curriculum: Curriculum) -> None:
        self._curriculum = curriculum
        self._writer = CurriculumWriter(curriculum)

    @cached_property
    def identity(self) -> str:
        """The digest of the topics and of the modules that choose among their sentences."""
        topics = digest_of(self._curriculum.model_dump(mode="json"))
        return identify(f"curriculum/{topics}", (), MODULES)

    async def understand(
        self,
        query: str,
        grade_level: int,
        sections: Sequence[Section] = (),  # noqa: ARG002  # it writes from its own texts alone
    ) -> Understanding:
        """Match the words against the topics; offer what is near where none fits."""
        matching = partial(match_topic, self._curriculum, query, grade_level)
        match = await run_charged(BillableCall("curriculum", "match", ONE_ANSWER), matching, None)
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
        writing = partial(
            self._writer.write,
            brief.topic_id,
            brief.grade_level,
            brief.interest,
            brief.duration_seconds,
        )
        return await run_charged(BillableCall("curriculum", "write", ONE_ANSWER), writing, None)
