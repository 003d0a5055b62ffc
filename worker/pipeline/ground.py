"""Second stage: the sources that the lesson may rest on."""

from __future__ import annotations

from worker.lessons.errors import LessonInvalidError
from worker.lessons.understanding import Grounding, TopicFound
from worker.pipeline.tools import Tools


async def ground(found: TopicFound, tools: Tools) -> Grounding:
    """Return the sources of the topic.

    Raises:
        LessonInvalidError: There is none: a lesson without a source is not written.
    """
    async with tools.permits.writer_calls:
        grounding = await tools.tutor.ground(found.topic_id)
    if not grounding.source_ids:
        raise LessonInvalidError(
            f"topic {found.topic_id} has no source", "give the topic a source, or ingest one"
        )
    return grounding
