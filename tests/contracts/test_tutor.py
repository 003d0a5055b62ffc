"""What every tutor keeps: the obligations of `worker.ports.Tutor`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.protocols.curriculum_model import CurriculumModel
from tests.protocols.gemini_server import KEY, WRITER, gemini_server
from worker.adapters.curriculum_tutor import CurriculumTutor
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_tutor import GeminiTutor
from worker.adapters.lesson_length import estimate_seconds
from worker.curriculum.models import Curriculum
from worker.lessons.pace import pace_at
from worker.lessons.storyboard import SceneKind
from worker.lessons.understanding import (
    ClarificationNeeded,
    LessonBrief,
    OutOfScope,
    TopicFound,
)
from worker.ports import Tutor

BRIEFS = [
    LessonBrief("newtons-third-law", 10, "basketball", "en", 60),
    LessonBrief("newtons-third-law", 7, None, "en", 180),
    LessonBrief("photosynthesis", 8, "I love cooking", "en", 120),
    LessonBrief("quadratic-functions", 11, "chess", "en", 180),
]


@pytest.fixture(scope="module")
def bundled(curriculum: Curriculum) -> Tutor:
    return CurriculumTutor(curriculum)


@pytest.fixture(scope="module")
async def gemini(curriculum: Curriculum) -> AsyncIterator[Tutor]:
    model = CurriculumModel(curriculum)
    async with gemini_server(model) as server, aiohttp.ClientSession() as session:
        access = GeminiAccess(KEY, base_url=server.url)
        yield GeminiTutor(curriculum, GeminiCalls(access, WRITER, 30.0, session))


@pytest.fixture(params=["bundled", "gemini"])
def tutor(request: pytest.FixtureRequest) -> Tutor:
    found: Tutor = request.getfixturevalue(request.param)
    return found


def test_a_tutor_has_an_identity_that_no_other_has(bundled: Tutor, gemini: Tutor) -> None:
    assert bundled.identity
    assert gemini.identity
    assert bundled.identity != gemini.identity


async def test_a_question_on_a_topic_finds_it_and_the_grade_to_teach_it_at(tutor: Tutor) -> None:
    found = await tutor.understand("Explain Newton's third law", 10)
    assert isinstance(found, TopicFound)
    assert (found.topic_id, found.title, found.grade_level) == (
        "newtons-third-law",
        "Newton's third law",
        10,
    )
    assert found.objective


async def test_a_topic_is_taught_at_its_nearest_grade(tutor: Tutor) -> None:
    found = await tutor.understand("Explain Newton's third law", 5)
    assert isinstance(found, TopicFound)
    assert found.grade_level == 6


async def test_a_question_that_fits_several_topics_is_answered_with_questions_to_tap(
    tutor: Tutor,
) -> None:
    answer = await tutor.understand("Explain Newton's law", 10)
    assert isinstance(answer, ClarificationNeeded)
    assert 2 <= len(answer.questions) <= 3
    assert len(set(answer.questions)) == len(answer.questions)


async def test_a_question_to_tap_is_understood(tutor: Tutor) -> None:
    answer = await tutor.understand("Explain Newton's law", 10)
    assert isinstance(answer, ClarificationNeeded)
    assert isinstance(await tutor.understand(answer.questions[0], 10), TopicFound)


async def test_a_question_on_nothing_that_is_taught_is_out_of_scope(tutor: Tutor) -> None:
    answer = await tutor.understand("Tell me about the French Revolution", 10)
    assert isinstance(answer, OutOfScope)
    assert len(answer.offers) <= 3


async def test_a_topic_rests_on_sources(tutor: Tutor) -> None:
    grounding = await tutor.ground("photosynthesis")
    assert grounding.topic_id == "photosynthesis"
    assert grounding.source_ids


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: f"{brief.topic_id}-{brief.grade_level}")
async def test_a_storyboard_is_what_the_brief_asks_for(tutor: Tutor, brief: LessonBrief) -> None:
    board = await tutor.write_storyboard(brief)
    assert (board.topic_id, board.grade_level) == (brief.topic_id, brief.grade_level)
    assert board.language.startswith("en")
    seconds = estimate_seconds(board, pace_at(brief.grade_level))
    assert seconds == pytest.approx(brief.duration_seconds, rel=0.15)
    assert 3 <= len(board.taught) <= 7
    assert board.scenes[0].kind is SceneKind.HOOK
    assert [one.kind for one in board.scenes[-2:]] == [SceneKind.TAKEAWAYS, SceneKind.SOURCES]
    named = {one for scene in board.scenes for said in scene.sentences for one in said.source_ids}
    assert {source.source_id for source in board.scenes[-1].sources} == named
    assert len({scene.scene_id for scene in board.scenes}) == len(board.scenes)


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: f"{brief.topic_id}-{brief.grade_level}")
async def test_every_statement_after_the_hook_names_a_source_that_is_grounded(
    tutor: Tutor, brief: LessonBrief
) -> None:
    board, grounding = await tutor.write_storyboard(brief), await tutor.ground(brief.topic_id)
    known = {source.source_id for source in board.sources} & set(grounding.source_ids)
    for scene in board.scenes[1:]:
        for sentence in scene.sentences:
            assert set(sentence.source_ids) <= known
            assert sentence.source_ids or sentence.text.endswith("?"), sentence.text


async def test_every_cue_points_at_a_word(tutor: Tutor) -> None:
    for brief in BRIEFS:
        for scene in (await tutor.write_storyboard(brief)).scenes:
            words = [sentence.text.split() for sentence in scene.sentences]
            for bullet in scene.bullets:
                assert words[bullet.sentence_index][bullet.cue_word_index]
            for cue in scene.part_cues:
                assert words[cue.sentence_index][cue.word_index]


async def test_the_interest_is_one_that_the_topic_has_an_analogy_for(tutor: Tutor) -> None:
    matched, other = [
        await tutor.write_storyboard(LessonBrief("newtons-third-law", 10, interest, "en", 60))
        for interest in ("I love basketball", "collecting stamps")
    ]
    assert (matched.interest, matched.interest_matched) == ("basketball", True)
    assert not other.interest_matched


async def test_no_word_of_the_student_s_reaches_a_storyboard(tutor: Tutor) -> None:
    brief = LessonBrief("newtons-third-law", 10, "basketball with Xanthippe", "en", 60)
    assert "Xanthippe" not in repr(await tutor.write_storyboard(brief))
