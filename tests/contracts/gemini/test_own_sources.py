"""What Gemini writes from own sources is held to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from tests.protocols import gemini_server as api
from tests.protocols.curriculum_model import blocks_in
from tests.protocols.passage_model import PassageModel
from tests.unit.lessons.small_lesson import scene
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_material import material_for
from worker.adapters.gemini_tutor import GeminiTutor
from worker.curriculum.errors import UnknownTopicError
from worker.curriculum.models import Curriculum
from worker.lessons.source_text import Passage
from worker.lessons.storyboard import Sentence, Source
from worker.lessons.understanding import Grounding, LessonBrief, Section, TopicFound

DANCE = (
    "A bee that finds flowers tells the hive where they are. It runs in a line and waggles its "
    "body. The line points the way, measured from the sun. A long waggle means that the flowers "
    "are far away. Other bees follow the dancer and learn the way. They fly out and find flowers."
)
PASSAGES = tuple(
    Passage(Source(f"doc-{one * 12}-1", title, "Bees", "CC BY 4.0", "Ada Lee"), "Bees", text)
    for one, title, text in (("a", "Life in a hive", DANCE), ("b", "Winter", "Bees shiver a lot."))
)
BRIEF = LessonBrief(
    "doc-aaaaaaaaaaaa-1",
    7,
    "basketball with Xanthippe",
    "en",
    60,
    "The waggle dance",
    "You can explain it.",
    PASSAGES[:1],
)
SECTION = Section("doc-aaaaaaaaaaaa-1", "The waggle dance", "Life in a hive", DANCE[:40], (6, 8))


@pytest.fixture(scope="module")
async def serving() -> AsyncIterator[api.GeminiServer]:
    async with api.gemini_server(PassageModel()) as serving:
        yield serving


@pytest.fixture
def server(serving: api.GeminiServer) -> api.GeminiServer:
    serving.script, serving.calls = [], []
    return serving


@pytest.fixture(scope="module")
async def tutor(serving: api.GeminiServer, curriculum: Curriculum) -> AsyncIterator[GeminiTutor]:
    async with aiohttp.ClientSession() as session:
        access = GeminiAccess(api.KEY, base_url=serving.url)
        yield GeminiTutor(curriculum, GeminiCalls(access, api.WRITER, 20.0, session))


@pytest.mark.parametrize(("grade", "lesson_grade"), [(3, 6), (7, 7), (12, 8)])
async def test_a_section_is_offered_beside_the_topics_and_found_at_a_grade_of_its_text(
    tutor: GeminiTutor, server: api.GeminiServer, grade: int, lesson_grade: int
) -> None:
    found = await tutor.understand("how do bees dance", grade, [SECTION])
    assert found == TopicFound(
        SECTION.section_id, "The waggle dance", SECTION.objective, lesson_grade
    )
    offered = blocks_in(server.calls[0].texts[0])["topics"]
    assert len(offered) > 1
    assert offered[-1]["begins"] == SECTION.begins


async def test_a_section_rests_on_nothing_but_its_passages(tutor: GeminiTutor) -> None:
    assert await tutor.ground(SECTION.section_id) == Grounding(SECTION.section_id, ())


async def test_a_lesson_on_a_section_names_its_passages_and_nothing_of_the_student_s(
    tutor: GeminiTutor, server: api.GeminiServer
) -> None:
    board = await tutor.write_storyboard(BRIEF)
    assert (board.topic_id, board.title) == (BRIEF.topic_id, BRIEF.title)
    assert board.sources == (PASSAGES[0].source,)
    assert (board.interest, board.interest_matched) == ("basketball", True)
    assert "Xanthippe" not in json.dumps(server.calls[0].body)


Change = Callable[[dict[str, Any]], None]

UNSOUND: list[tuple[str, Change, str]] = [
    (
        "made up",
        lambda one: one.update(text="Every king of France danced at Versailles in winter."),
        "sentence 0 says what the passages that it names do not speak of",
    ),
    ("without a source", lambda one: one.update(source_ids=[]), "a statement without a source"),
    (
        "of a passage that was not given",
        lambda one: one.update(source_ids=["doc-bbbbbbbbbbbb-1"]),
        "sources that were not given: doc-bbbbbbbbbbbb-1",
    ),
]


@pytest.mark.parametrize(("change", "told"), [line[1:] for line in UNSOUND], ids=lambda _: "")
async def test_a_sentence_that_its_passages_do_not_support_is_sent_back(
    tutor: GeminiTutor, server: api.GeminiServer, change: Change, told: str
) -> None:
    sound = await tutor.write_storyboard(BRIEF)
    answer = json.loads(PassageModel()(server.calls[0]))
    change(answer["scenes"][1]["sentences"][0])
    server.calls.clear()
    server.script = [api.says(json.dumps(answer))]
    assert await tutor.write_storyboard(BRIEF) == sound
    faults = blocks_in(server.calls[1].texts[-1])["faults"]
    assert any(told in one for one in faults), faults


def test_a_topic_s_lesson_lists_the_passages_that_it_uses_and_no_others(
    curriculum: Curriculum,
) -> None:
    brief = LessonBrief("photosynthesis", 9, None, "en", 60, passages=PASSAGES)
    material = material_for(curriculum, brief)
    bundled = {one.id for one in curriculum.topic("photosynthesis").sources}
    used = PASSAGES[1].source.source_id
    assert material.source_ids == bundled | {one.source.source_id for one in PASSAGES}
    named = material.named_sources([scene(1, Sentence("Bees shiver.", (used,)))])
    assert {one.source_id for one in named} == bundled | {used}
    passages = material.block["passages"]
    assert isinstance(passages, list)
    assert passages[-1] == {"text": PASSAGES[1].text, "source_ids": [used]}


async def test_what_is_neither_a_topic_nor_a_section_with_passages_is_unknown(
    tutor: GeminiTutor,
) -> None:
    with pytest.raises(UnknownTopicError):
        await tutor.write_storyboard(LessonBrief("doc-cccccccccccc-1", 7, None, "en", 60))
