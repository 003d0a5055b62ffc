"""Third stage: what will be said and shown."""

from __future__ import annotations

from collections.abc import Iterator

from worker.lessons.errors import LessonInvalidError
from worker.lessons.request import MAX_DURATION_SECONDS, LessonRequest
from worker.lessons.storyboard import Scene, Storyboard
from worker.lessons.understanding import Grounding, LessonBrief, TopicFound
from worker.pipeline.tools import Tools


async def write_storyboard(
    request: LessonRequest, found: TopicFound, grounding: Grounding, tools: Tools
) -> Storyboard:
    """Have the storyboard written, and hold it to its sources.

    Raises:
        LessonInvalidError: A sentence rests on a source that is not among the grounded ones,
            a bullet points at a word that is not there, or no word names a part of a visual.
    """
    brief = LessonBrief(
        topic_id=found.topic_id,
        grade_level=found.grade_level,
        interest=request.interest,
        language=request.language,
        # What is read need not last: a page holds all that the topic has.
        duration_seconds=MAX_DURATION_SECONDS if request.is_read_only else request.duration_seconds,
        title=found.title,
        objective=found.objective,
        passages=grounding.passages,
    )
    async with tools.permits.writer_calls:
        storyboard = await tools.tutor.write_storyboard(brief)
    faults = [*_ungrounded(storyboard, grounding), *_dangling_cues(storyboard)]
    if faults:
        raise LessonInvalidError(
            f"the storyboard of {found.topic_id} is not sound: {'; '.join(faults)}",
            "mend the topic's data file",
        )
    return storyboard


def _ungrounded(storyboard: Storyboard, grounding: Grounding) -> list[str]:
    named = {
        source_id
        for scene in storyboard.scenes
        for sentence in scene.sentences
        for source_id in sentence.source_ids
    }
    return [f"source {one} is not grounded" for one in sorted(named - set(grounding.source_ids))]


def _dangling_cues(storyboard: Storyboard) -> list[str]:
    faults = []
    for scene in storyboard.scenes:
        for number, bullet in enumerate(scene.bullets, start=1):
            sentences = scene.sentences[bullet.sentence_index : bullet.sentence_index + 1]
            words = sentences[0].text.split() if sentences else []
            if not 0 <= bullet.cue_word_index < len(words):
                faults.append(f"scene {scene.scene_id}: bullet {number} has no cue word")
        faults += [f"scene {scene.scene_id}: {fault}" for fault in _part_faults(scene)]
    return faults


def _part_faults(scene: Scene) -> Iterator[str]:
    parts = scene.visual.part_ids if scene.visual else ()
    named = {cue.part_id for cue in scene.part_cues}
    yield from (f"no word names the part {one}" for one in parts if one not in named)
    for cue in scene.part_cues:
        sentences = scene.sentences[cue.sentence_index : cue.sentence_index + 1]
        words = sentences[0].text.split() if sentences else []
        if cue.part_id not in parts or not 0 <= cue.word_index < len(words):
            yield f"a cue of the part {cue.part_id} points at nothing"
