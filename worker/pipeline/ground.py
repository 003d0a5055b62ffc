"""Second stage: the sources that the lesson may rest on."""

from __future__ import annotations

from worker.lessons.errors import LessonInvalidError
from worker.lessons.request import LessonRequest
from worker.lessons.understanding import Grounding, TopicFound
from worker.pipeline.find_passages import need_of
from worker.pipeline.tools import Tools


async def ground(request: LessonRequest, found: TopicFound, tools: Tools) -> Grounding:
    """Return the topic's own sources first, then what the own sources say on it.

    Raises:
        LessonInvalidError: There is none: a lesson without a source is not written.
    """
    async with tools.permits.writer_calls:
        grounding = await tools.tutor.ground(found.topic_id)
    if tools.library is not None:
        need = need_of(request, found.grade_level)
        passages = await tools.library.on_topic(found.topic_id, found.title, need)
        ids = tuple(one.source.source_id for one in passages)
        grounding = Grounding(found.topic_id, (*grounding.source_ids, *ids), passages)
    if not grounding.source_ids:
        raise LessonInvalidError(
            f"topic {found.topic_id} has no source", "give the topic a source, or ingest one"
        )
    return grounding
