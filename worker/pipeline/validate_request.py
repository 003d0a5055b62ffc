"""First stage: is this an ask that a lesson can answer, and about what?

Word lists judge first. What they find reaches no writer: neither its machine nor its bill.
"""

from __future__ import annotations

from worker.lessons.errors import RequestOptionsError
from worker.lessons.language import LESSON_LANGUAGE, tongue_of
from worker.lessons.request import LessonRequest
from worker.lessons.safety.judge_words import read_word_lists
from worker.lessons.understanding import Judge, OutOfScope, TopicFound, Understanding, Unsafe
from worker.pipeline.tools import Errand, Tools


async def validate_request(errand: Errand, tools: Tools) -> Understanding:
    """Understand the ask; write its topic and objective to the row when one is found.

    Raises:
        RequestOptionsError: It asks for pictures that no lesson has.
    """
    if errand.request.pictures.faults:
        raise RequestOptionsError(errand.request.pictures.faults)
    understanding = await _understand(errand.request, tools)
    if isinstance(understanding, TopicFound):
        await tools.store.name_topic(errand.claim, understanding.title, understanding.objective)
    return understanding


async def _understand(request: LessonRequest, tools: Tools) -> Understanding:
    harm = read_word_lists().judge(request.query)
    if harm is not None:
        return Unsafe(Judge.RULES, harm)
    sections = () if tools.library is None else await tools.library.sections(request)
    async with tools.permits.writer_calls:
        understanding = await tools.tutor.understand(request.query, request.grade_level, sections)
    if tongue_of(request.language) == LESSON_LANGUAGE:
        return understanding
    if isinstance(understanding, TopicFound):
        return OutOfScope((f"Explain {understanding.title} in English",))
    return understanding
