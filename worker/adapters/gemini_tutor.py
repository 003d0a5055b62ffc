"""Gemini as a tutor: it understands asks, and writes storyboards from the curriculum's texts.

It teaches what the curriculum or an own source can ground: the passages that a lesson rests on,
its title and its interests are theirs. So no word of a student's reaches a storyboard, and what is
cached is nobody's. The student's question is sent to be understood, and to be embedded where
own sources have vectors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property, partial

from worker.adapters.curriculum_tutor import CurriculumTutor
from worker.adapters.gemini_calls import GeminiCalls, Inquiry
from worker.adapters.gemini_dialogue import Question, ask_until_usable
from worker.adapters.gemini_material import Material, find_topic, material_for
from worker.adapters.gemini_schemas import StoryboardAnswer, gemini_schema
from worker.adapters.gemini_self_check import ModelUse, lacks_of_writer
from worker.adapters.gemini_storyboard import Wanted, storyboard_faults, to_scenes
from worker.adapters.gemini_understanding import (
    offer_of_section,
    offer_of_topic,
    understanding_question,
    understood,
)
from worker.adapters.identity import identify
from worker.adapters.prompts import data_block, read_prompt
from worker.curriculum.match import is_teachable
from worker.curriculum.models import Curriculum
from worker.lessons.digest import digest_of
from worker.lessons.errors import ContentBlockedError
from worker.lessons.pace import words_per_minute
from worker.lessons.sources_card import sources_card
from worker.lessons.storyboard import Storyboard
from worker.lessons.understanding import (
    Grounding,
    Judge,
    LessonBrief,
    Section,
    Understanding,
    Unsafe,
)
from worker.ports import Shortcoming

PROMPTS = ("understand", "storyboard", "repair")

MODULES = (
    __name__,
    "worker.adapters.gemini_answers",
    "worker.adapters.gemini_calls",
    "worker.adapters.gemini_dialogue",
    "worker.adapters.gemini_material",
    "worker.adapters.gemini_schemas",
    "worker.adapters.gemini_storyboard",
    "worker.adapters.gemini_understanding",
    "worker.lessons.support",
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

    async def understand(
        self, query: str, grade_level: int, sections: Sequence[Section] = ()
    ) -> Understanding:
        """Have the question sorted; a question that the filters stop is unsafe."""
        topics = (one for one in self._curriculum.topics if is_teachable(one, grade_level))
        offers = [
            *(offer_of_topic(one, grade_level) for one in topics),
            *(offer_of_section(one, grade_level) for one in sections),
        ]
        offered = {one.topic_id: one for one in offers}
        question = understanding_question(query, grade_level, offered)
        try:
            answer = await ask_until_usable(self._calls, question)
        except ContentBlockedError:
            return Unsafe(Judge.FILTER)
        return understood(answer, offered)

    async def ground(self, topic_id: str) -> Grounding:
        """Return the textbooks that the topic's passages rest on; a section has none."""
        if find_topic(self._curriculum, topic_id) is None:
            return Grounding(topic_id, ())
        return await self._bundled.ground(topic_id)

    async def write_storyboard(self, brief: LessonBrief) -> Storyboard:
        """Have a storyboard written, and hold it to its passages, its length and its form."""
        material = await asyncio.to_thread(material_for, self._curriculum, brief)
        question = await asyncio.to_thread(self._storyboard_question, material, brief)
        scenes = to_scenes(await ask_until_usable(self._calls, question))
        sources = material.named_sources(scenes)
        return Storyboard(
            topic_id=brief.topic_id,
            title=material.title,
            subject=material.subject,
            grade_level=brief.grade_level,
            language=brief.language,
            interest=material.interest,
            interest_matched=material.interest_matched,
            objective=material.objective,
            scenes=(*scenes, sources_card(sources, scenes)),
            sources=sources,
            key_terms=material.spoken_terms(scenes),
        )

    def _storyboard_question(
        self, material: Material, brief: LessonBrief
    ) -> Question[StoryboardAnswer]:
        rate = words_per_minute(brief.grade_level)
        wanted = Wanted(
            material.source_ids, brief.duration_seconds, brief.grade_level, material.texts
        )
        task = {
            "topic": material.title,
            "objective": material.objective,
            "grade": brief.grade_level,
            "language": brief.language,
            "interest": material.interest,
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
            f"{data_block('task', task)}\n\n{data_block('sources', material.block)}",
            StoryboardAnswer,
            partial(storyboard_faults, wanted=wanted),
        )
