"""Gemini as a tutor: it understands asks, and writes storyboards from the curriculum's texts.

It teaches what the curriculum can ground: the passages that a lesson rests on, its interests and
its sources are the curriculum's. So no word of a student's reaches a storyboard, and what is
cached is nobody's. The student's question is sent once, to be understood.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property, partial

from worker.adapters.curriculum_tutor import CurriculumTutor
from worker.adapters.gemini_calls import GeminiCalls, Inquiry
from worker.adapters.gemini_dialogue import Question, ask_until_usable
from worker.adapters.gemini_quiz import quiz_question, to_quiz
from worker.adapters.gemini_schemas import StoryboardAnswer, gemini_schema
from worker.adapters.gemini_self_check import ModelUse, lacks_of_writer
from worker.adapters.gemini_storyboard import Wanted, storyboard_faults, to_scenes
from worker.adapters.gemini_understanding import understanding_question, understood
from worker.adapters.identity import identify
from worker.adapters.prompts import data_block, read_prompt
from worker.curriculum.interests import choose_analogy
from worker.curriculum.match import is_teachable
from worker.curriculum.models import EVERYDAY, Analogy, Curriculum, Statement, Topic, statements
from worker.lessons.digest import digest_of
from worker.lessons.errors import ContentBlockedError
from worker.lessons.pace import words_per_minute
from worker.lessons.quiz import Quiz
from worker.lessons.storyboard import Scene, Source, Storyboard
from worker.lessons.understanding import Grounding, Judge, LessonBrief, Understanding, Unsafe
from worker.ports import Shortcoming

PROMPTS = ("understand", "storyboard", "quiz", "repair")

MODULES = (
    __name__,
    "worker.adapters.gemini_answers",
    "worker.adapters.gemini_calls",
    "worker.adapters.gemini_dialogue",
    "worker.adapters.gemini_quiz",
    "worker.adapters.gemini_schemas",
    "worker.adapters.gemini_storyboard",
    "worker.adapters.gemini_understanding",
)
"""Our own modules that decide what is asked, and what is taken for an answer."""

MOST_TOKENS = 32768
"""Of a storyboard, thoughts included: the curriculum's longest takes some 6000 tokens as JSON, at
four characters a token. (ours)"""

MOST_TOKENS_ASKED = 65536
"""Of the longest question: a storyboard's schema and passages, and two answers to mend. (ours)"""

USE = ModelUse(
    variable="WORKER_WRITER_MODEL",
    action="generateContent",
    tokens_in=MOST_TOKENS_ASKED,
    tokens_out=MOST_TOKENS,
    consequence="no question is understood, and no lesson is written",
)

SPEECH_SHARE = 0.8
"""The share of a lesson in which somebody speaks; the rest is pauses, lead-ins, tails. (ours)"""


class GeminiTutor:
    """Implements `worker.ports.Tutor`."""

    def __init__(self, curriculum: Curriculum, calls: GeminiCalls) -> None:
        self._curriculum = curriculum
        self._calls = calls
        self._bundled = CurriculumTutor(curriculum)
        self.renew = calls.renew

    @cached_property
    def identity(self) -> str:
        """The digest of model, prompts, topics, client library and our own modules."""
        prompts = [read_prompt(name) for name in PROMPTS]
        name = digest_of(self._calls.model, prompts, self._bundled.identity)
        return identify(f"gemini/{name}", ("google-genai",), MODULES)

    async def shortcomings(self) -> Sequence[Shortcoming]:
        """Say why the model cannot write, if it cannot."""
        return await lacks_of_writer(self._calls, USE)

    async def understand(self, query: str, grade_level: int) -> Understanding:
        """Have the question sorted; a question that the filters stop is unsafe."""
        offered = {
            topic.id: topic for topic in self._curriculum.topics if is_teachable(topic, grade_level)
        }
        question = understanding_question(query, grade_level, offered)
        try:
            answer = await ask_until_usable(self._calls, question)
        except ContentBlockedError:
            return Unsafe(Judge.FILTER)
        return understood(answer, offered, grade_level)

    async def ground(self, topic_id: str) -> Grounding:
        """Return the textbooks that the topic's passages rest on."""
        return await self._bundled.ground(topic_id)

    async def write_storyboard(self, brief: LessonBrief) -> Storyboard:
        """Have a storyboard written, and hold it to its passages, its length and its form."""
        topic = self._curriculum.topic(brief.topic_id)
        analogy = choose_analogy(self._curriculum, topic, brief.interest)
        question = await asyncio.to_thread(self._storyboard_question, topic, analogy, brief)
        scenes = to_scenes(await ask_until_usable(self._calls, question))
        return Storyboard(
            topic_id=topic.id,
            title=topic.title,
            subject=topic.subject,
            grade_level=brief.grade_level,
            language=brief.language,
            interest=self._curriculum.interest(analogy.interest).label,
            interest_matched=analogy.interest != EVERYDAY,
            objective=topic.objective,
            scenes=scenes,
            sources=tuple(Source(s.id, s.title, s.chapter, s.licence) for s in topic.sources),
            key_terms=_spoken_terms(topic, brief.grade_level, scenes),
        )

    async def write_quiz(self, storyboard: Storyboard, count: int) -> Quiz:
        """Have `count` questions on a lesson written.

        Raises:
            ContentBlockedError: The filters for minors refuse it.
            AnswerUnusableError: No answer could be used.
            DependencyUnavailableError: Gemini did not answer.
        """
        answer = await ask_until_usable(self._calls, quiz_question(storyboard, count))
        return to_quiz(storyboard.topic_id, answer)

    def _storyboard_question(
        self, topic: Topic, analogy: Analogy, brief: LessonBrief
    ) -> Question[StoryboardAnswer]:
        rate = words_per_minute(brief.grade_level)
        source_ids = frozenset(source.id for source in topic.sources)
        wanted = Wanted(source_ids, brief.duration_seconds, brief.grade_level)
        task = {
            "topic": topic.title,
            "objective": topic.objective,
            "grade": brief.grade_level,
            "language": brief.language,
            "interest": self._curriculum.interest(analogy.interest).label,
            "seconds": brief.duration_seconds,
            "words": round(brief.duration_seconds * SPEECH_SHARE * rate / 60),
        }
        return Question(
            Inquiry(
                what="write a storyboard",
                prompt=read_prompt("storyboard"),
                schema=gemini_schema(StoryboardAnswer),
                most_tokens=MOST_TOKENS,
                is_long=True,
            ),
            f"{data_block('task', task)}\n\n{_sources_block(topic, analogy, brief.grade_level)}",
            StoryboardAnswer,
            partial(storyboard_faults, wanted=wanted),
        )


def _spoken_terms(topic: Topic, grade_level: int, scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Return the topic's terms that the lesson uses, and so has to define."""
    said = " ".join(one.text for scene in scenes for one in scene.sentences).casefold()
    terms = (term.term for term in topic.at_grade(grade_level).terms)
    return tuple(term for term in terms if term.casefold() in said)


def _sources_block(topic: Topic, analogy: Analogy, grade_level: int) -> str:
    level = topic.at_grade(grade_level)
    return data_block(
        "sources",
        {
            "texts": [one.model_dump(mode="json") for one in topic.sources],
            "passages": [_passage(one) for one in statements(level)],
            "check_question": level.question.ask,
            "analogy": {
                "hook": analogy.hook,
                "passages": [_passage(one) for one in analogy.mapping],
            },
        },
    )


def _passage(statement: Statement) -> dict[str, object]:
    return {"text": statement.say, "source_ids": statement.sources}
