"""The stages before anything is spoken: validate, ground, write the storyboard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.scripted_tutor import ScriptedTutor
from tests.unit.lessons.small_lesson import scene, storyboard
from tests.unit.pipeline.conftest import FOUND
from worker.lessons.errors import LessonInvalidError
from worker.lessons.request import MAX_DURATION_SECONDS, LessonRequest, Modality
from worker.lessons.safety.harm import Harm
from worker.lessons.storyboard import Bullet, Scene, Sentence
from worker.lessons.understanding import (
    ClarificationNeeded,
    Grounding,
    Judge,
    LessonBrief,
    OutOfScope,
    Unsafe,
)
from worker.lessons.visuals import Direction, Force, ForceDiagram, PartCue, Thing
from worker.pipeline.ground import ground
from worker.pipeline.tools import Errand, Tools
from worker.pipeline.validate_request import validate_request
from worker.pipeline.write_storyboard import write_storyboard

SOURCES = Grounding("forces", ("physics", "primer"))


def speaking(errand: Errand, language: str) -> Errand:
    return replace(errand, request=replace(errand.request, language=language))


@pytest.mark.parametrize("language", ["es", "pt-BR", "fil", "english"])
async def test_an_ask_in_another_language_is_offered_the_lesson_in_english(
    errand: Errand, tools: Tools, language: str
) -> None:
    understanding = await validate_request(speaking(errand, language), tools)
    assert understanding == OutOfScope(("Explain Forces & motion in English",))


@pytest.mark.parametrize("language", ["en", "EN", "en-GB", "es"])
async def test_an_ask_that_fits_several_topics_is_answered_with_questions(
    errand: Errand, tools: Tools, tutor: ScriptedTutor, language: str
) -> None:
    tutor.understanding = ClarificationNeeded(("Which force?", "Which law?"))
    assert await validate_request(speaking(errand, language), tools) == tutor.understanding


async def test_an_ask_about_nothing_that_is_taught_names_no_topic(
    errand: Errand, tools: Tools, tutor: ScriptedTutor
) -> None:
    tutor.understanding = OutOfScope(("Explain atoms",))
    assert await validate_request(errand, tools) == tutor.understanding


@pytest.mark.parametrize("language", ["en", "es", "tlh"])
@pytest.mark.parametrize(
    ("query", "harm"),
    [("i want to die", Harm.SELF_HARM), ("how to make a bomb at home", Harm.UNFIT)],
)
async def test_what_the_word_lists_find_reaches_no_writer(
    errand: Errand, tools: Tools, language: str, query: str, harm: Harm
) -> None:
    asked = replace(errand.request, query=query, language=language)
    understanding = await validate_request(replace(errand, request=asked), tools)
    assert understanding == Unsafe(Judge.RULES, harm)
    assert isinstance(tools.tutor, ScriptedTutor)
    assert tools.tutor.asked == []


async def test_a_topic_rests_on_its_sources(errand: Errand, tools: Tools) -> None:
    assert await ground(errand.request, FOUND, tools) == SOURCES


async def test_a_topic_without_a_source_is_not_taught(
    errand: Errand, tools: Tools, tutor: ScriptedTutor
) -> None:
    tutor.grounding = Grounding("forces", ())
    with pytest.raises(LessonInvalidError, match="forces has no source") as caught:
        await ground(errand.request, FOUND, tools)
    assert "source" in caught.value.hint


async def test_a_storyboard_is_asked_for_by_topic_interest_and_length_and_not_by_the_query(
    errand: Errand, tools: Tools, tutor: ScriptedTutor
) -> None:
    found = replace(FOUND, grade_level=9)
    request = replace(errand.request, modalities=(Modality.AUDIO, Modality.TEXT))
    assert await write_storyboard(request, found, SOURCES, tools) == tutor.storyboard
    assert tutor.briefs == [
        LessonBrief("forces", 9, "basketball", "en", 90, FOUND.title, FOUND.objective)
    ]


async def test_a_lesson_that_is_only_read_holds_all_that_the_topic_has(
    errand: Errand, tools: Tools, tutor: ScriptedTutor
) -> None:
    """Nobody waits for a page to end: the length that was asked for is one of time."""
    assert errand.request.modalities == (Modality.TEXT,)
    await write_storyboard(errand.request, FOUND, SOURCES, tools)
    assert [brief.duration_seconds for brief in tutor.briefs] == [MAX_DURATION_SECONDS]


async def test_a_sentence_on_a_source_that_is_not_grounded_is_refused(
    errand: Errand, tools: Tools
) -> None:
    with pytest.raises(LessonInvalidError, match="source primer is not grounded"):
        await write_storyboard(errand.request, FOUND, Grounding("forces", ("physics",)), tools)


@pytest.mark.parametrize(
    "bullet",
    [Bullet("x", 0, 2), Bullet("x", 1), Bullet("x", 0, -1), Bullet("x", 7)],
    ids=["word after the last", "sentence after the last", "word before the first", "far away"],
)
async def test_a_bullet_that_no_spoken_word_reveals_is_refused(
    errand: Errand, tools: Tools, tutor: ScriptedTutor, bullet: Bullet
) -> None:
    tutor.storyboard = storyboard(with_bullets(bullet))
    with pytest.raises(LessonInvalidError, match="scene scene-1: bullet 1 has no cue word"):
        await write_storyboard(errand.request, FOUND, SOURCES, tools)


async def test_a_bullet_on_a_word_of_its_sentence_is_fine(
    errand: Errand, tools: Tools, tutor: ScriptedTutor
) -> None:
    tutor.storyboard = storyboard(with_bullets(Bullet("x", 0, 0), Bullet("y", 0, 1)))
    assert await write_storyboard(errand.request, FOUND, SOURCES, tools) == tutor.storyboard


PUSH = ForceDiagram((Thing("you", "You"),), (Force("push", "Push", "you", Direction.LEFT, 1),))
NAMED = (PartCue("you", 0, 0), PartCue("push", 0, 1))


async def test_a_visual_whose_parts_are_all_named_is_fine(
    errand: Errand, tools: Tools, tutor: ScriptedTutor
) -> None:
    tutor.storyboard = storyboard(replace(with_bullets(), visual=PUSH, part_cues=NAMED))
    assert await write_storyboard(errand.request, FOUND, SOURCES, tools) == tutor.storyboard


@pytest.mark.parametrize(
    ("drawn", "fault"),
    [
        ((PUSH, NAMED[:1]), "no word names the part push"),
        ((PUSH, (*NAMED, PartCue("wall", 0, 0))), "a cue of the part wall points at nothing"),
        ((PUSH, (*NAMED, PartCue("you", 0, 9))), "a cue of the part you points at nothing"),
        ((PUSH, (*NAMED, PartCue("you", 9, 0))), "a cue of the part you points at nothing"),
        ((None, NAMED[:1]), "a cue of the part you points at nothing"),
    ],
)
async def test_a_visual_that_the_narration_does_not_name_is_refused(
    errand: Errand,
    tools: Tools,
    tutor: ScriptedTutor,
    drawn: tuple[ForceDiagram | None, tuple[PartCue, ...]],
    fault: str,
) -> None:
    visual, cues = drawn
    tutor.storyboard = storyboard(replace(with_bullets(), visual=visual, part_cues=cues))
    with pytest.raises(LessonInvalidError, match=f"scene scene-1: {fault}"):
        await write_storyboard(errand.request, FOUND, SOURCES, tools)


async def test_all_faults_of_a_storyboard_come_in_one_error_without_the_student_s_words(
    errand: Errand, tools: Tools, tutor: ScriptedTutor
) -> None:
    bad = with_bullets(Bullet("x", 0, 9), Bullet("y", 9))
    tutor.storyboard = storyboard(
        replace(bad, sentences=(Sentence("Jump high!", ("hearsay", "rumour")),))
    )
    request: LessonRequest = replace(errand.request, query="why do I fall", interest="skating")
    with pytest.raises(LessonInvalidError) as caught:
        await write_storyboard(request, FOUND, SOURCES, tools)
    said = str(caught.value)
    for part in ("hearsay", "rumour", "bullet 1", "bullet 2"):
        assert part in said
    assert "skating" not in said
    assert "fall" not in said


def with_bullets(*bullets: Bullet) -> Scene:
    return replace(scene(1, Sentence("Jump high!", ("physics",))), bullets=bullets)
