"""Lessons on what no topic of the curriculum teaches, from texts that were taken in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from tests.fakes.memory_ledger import MemoryLedger
from tests.integration.pipeline.conftest import Workshop
from tests.protocols import gemini_server as gemini
from tests.protocols.gemini_server import GeminiServer, gemini_server
from tests.protocols.passage_model import PassageModel
from worker.adapters.call_retries import Retries
from worker.adapters.database.passage_search import PostgresPassageIndex
from worker.adapters.database.passages import PostgresPassageShelf
from worker.adapters.gemini_calls import GeminiAccess, GeminiCalls
from worker.adapters.gemini_embedder import GeminiEmbedder
from worker.adapters.gemini_tutor import GeminiTutor
from worker.curriculum.models import Curriculum
from worker.curriculum.reader import load_curriculum
from worker.lessons.source_text import Attribution, PassageText, SourceText
from worker.lessons.stage import Stage, Status
from worker.pipeline.find_passages import Library
from worker.ports import Embedder, EmbeddingPurpose

TEXT: dict[str, Any] = {"requested_modalities": ["text"], "requested_duration_seconds": 60}

BEES = SourceText(
    "bees.md",
    "e" * 64,
    Attribution("Life in a hive", "CC BY 4.0", "Ada Lee", "https://example.org/bees"),
    (
        PassageText(
            ("Honeybees", "The waggle dance"),
            None,
            "A bee that finds flowers tells the hive where they are. It runs in a line and waggles "
            "its body. The line points the way, measured from the sun. A long waggle means that "
            "the flowers are far away. Other bees follow the dancer and learn the way. They fly "
            "out and find the same flowers. So the hive gathers food faster than bees alone could. "
            "A dance in the dark works by touch.",
        ),
        PassageText(("Honeybees", "Winter"), None, "In winter bees crowd together and shiver."),
    ),
)
ENGINES = SourceText(
    "engines.md",
    "f" * 64,
    Attribution("Engines", "CC0 1.0"),
    (PassageText(("Steam",), None, "Steam pushes a piston, and the piston turns a wheel."),),
)


@dataclass(slots=True)
class School:
    """A workshop whose writer reads own sources."""

    workshop: Workshop
    writer: GeminiServer
    ledger: MemoryLedger
    shelf: PostgresPassageShelf
    embedder: Embedder

    async def embed(self) -> None:
        """Give every passage a vector."""
        assert await self.shelf.prepare_vectors() is None
        model = self.embedder.identity
        missing = await self.shelf.without_vectors(model, 100)
        vectors = await self.embedder.embed([text for _, text in missing], EmbeddingPurpose.PASSAGE)
        ids = [one for one, _ in missing]
        await self.shelf.keep_vectors(model, dict(zip(ids, vectors, strict=True)))


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return load_curriculum()


@pytest.fixture
async def school(workshop: Workshop, curriculum: Curriculum) -> AsyncIterator[School]:
    retries = Retries(sleep=lambda _: asyncio.sleep(0))
    async with gemini_server(PassageModel()) as writer, aiohttp.ClientSession() as session:
        access = GeminiAccess(gemini.KEY, base_url=writer.url)
        calls = GeminiCalls(access, gemini.WRITER, 60.0, session, retries)
        embedder = GeminiEmbedder(GeminiCalls(access, gemini.EMBEDDER, 60.0, session, retries))
        engine, ledger = workshop.platform.engine, MemoryLedger()
        workshop.tools = replace(
            workshop.tools,
            tutor=GeminiTutor(curriculum, calls),
            ledger=ledger,
            library=Library(PostgresPassageIndex(engine), embedder, asyncio.Semaphore(2)),
        )
        yield School(workshop, writer, ledger, PostgresPassageShelf(engine), embedder)


async def test_a_question_that_only_an_own_source_answers_gets_a_lesson_that_names_it(
    school: School,
) -> None:
    for text in (BEES, ENGINES):
        await school.shelf.keep(text, None)
    request_id = await school.workshop.add("how do bees waggle dance", **TEXT)
    made = await school.workshop.make(request_id)
    assert made.ending.status is Status.COMPLETED
    row = await school.workshop.platform.row(request_id)
    assert row.topic == "The waggle dance"
    board = json.loads((made.folder / "storyboard.json").read_text())
    (source,) = board["sources"]
    assert source["title"] == "Life in a hive"
    assert source["chapter"] == BEES.passages[0].heading
    assert (source["licence"], source["author"]) == ("CC BY 4.0", "Ada Lee")
    assert source["url"] == "https://example.org/bees"
    named = {
        one for scene in board["scenes"] for s in scene["sentences"] for one in s["source_ids"]
    }
    assert named == {source["source_id"]}


async def test_without_a_text_on_it_the_same_question_is_out_of_scope(school: School) -> None:
    await school.shelf.keep(ENGINES, None)
    made = await school.workshop.make(await school.workshop.add("how do bees waggle dance", **TEXT))
    assert made.ending.status is Status.OUT_OF_SCOPE


async def test_an_organisation_s_text_teaches_nobody_else_s_students(school: School) -> None:
    platform = school.workshop.platform
    await platform.rows(
        "INSERT INTO organizations (organization_id, name) VALUES ('school-9', 'Other')"
    )
    await school.shelf.keep(BEES, "school-9")
    asked = await school.workshop.add("how do bees waggle dance", **TEXT)
    assert (await school.workshop.make(asked)).ending.status is Status.OUT_OF_SCOPE


async def test_a_question_is_embedded_where_there_are_vectors_and_the_request_pays(
    school: School,
) -> None:
    await school.shelf.keep(BEES, None)
    asked = [await school.workshop.add("how do bees dance", **TEXT) for _ in range(2)]
    await school.workshop.make(asked[0])
    paid = [one.call.operation for one in school.ledger.entries.values()]
    assert gemini.EMBEDDER not in paid, "without vectors there is nothing to compare with"
    await school.embed()
    made = await school.workshop.make(asked[1])
    assert made.ending.status is Status.COMPLETED
    embedded = [
        one for one in school.ledger.entries.values() if one.call.operation == gemini.EMBEDDER
    ]
    assert [one.stage for one in embedded] == [Stage.VALIDATE, Stage.GROUND]
    assert all(one.call.estimate.tokens_in > 0 for one in embedded)


async def test_what_shares_no_word_with_the_question_is_found_by_its_meaning(
    school: School,
) -> None:
    await school.shelf.keep(ENGINES, None)
    await school.embed()
    school.writer.calls.clear()
    asked = await school.workshop.add("and of the", **TEXT)
    await school.workshop.make(asked)
    told = next(one for one in school.writer.calls if one.method == "generateContent")
    assert "Steam" in told.texts[0], "the full text holds none of these words"
