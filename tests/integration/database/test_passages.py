"""Own sources in PostgreSQL: kept once, replaced whole, found by words and by meaning."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from tests.platform import on_asyncpg
from tests.protocols.word_vectors import word_vector
from worker.adapters.database.passage_search import PostgresPassageIndex
from worker.adapters.database.passages import PostgresPassageShelf
from worker.lessons.source_text import Attribution, PassageNeed, PassageText, SourceText
from worker.migrations import migrate
from worker.ports import Keeping

ANYONE = PassageNeed(None, "en-GB", 8)

VOLCANOES = SourceText(
    "volcanoes.md",
    "a" * 64,
    Attribution("On volcanoes", "CC BY 4.0", "Ada Lee", "https://example.org", "en", (6, 8)),
    (
        PassageText(("Volcanoes",), 3, "Magma rises through cracks in the crust."),
        PassageText(("Volcanoes", "Lava"), 4, "Lava cools and turns into basalt."),
        PassageText(("Volcanoes", "Lava"), 4, "Slow cooling grows large crystals."),
    ),
)
TIDES = SourceText(
    "tides.md",
    "b" * 64,
    Attribution("Tides", "CC0 1.0"),
    (PassageText(("Tides",), None, "The Moon pulls at the oceans, and water rises."),),
)


@pytest.fixture
def shelf(engine: AsyncEngine) -> PostgresPassageShelf:
    return PostgresPassageShelf(engine)


@pytest.fixture
def index(engine: AsyncEngine) -> PostgresPassageIndex:
    return PostgresPassageIndex(engine)


async def texts_on(index: PostgresPassageIndex, words: str, need: PassageNeed) -> list[str]:
    return [one.text for one in await index.by_words(words, need, 10)]


async def embed_all(shelf: PostgresPassageShelf, model: str) -> int:
    missing = await shelf.without_vectors(model, 100)
    await shelf.keep_vectors(model, {one: word_vector(said, 64) for one, said in missing})
    return len(missing)


async def test_a_passage_is_found_by_other_forms_of_its_words_with_its_attribution(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    await shelf.keep(VOLCANOES, None)
    (found,) = await index.by_words("why does rising magma crack things?", ANYONE, 10)
    assert found.text == "Magma rises through cracks in the crust."
    assert found.source.source_id == "doc-aaaaaaaaaaaa-1"
    assert (found.source.title, found.source.chapter) == ("On volcanoes", "Volcanoes, p. 3")
    assert (found.source.licence, found.source.author) == ("CC BY 4.0", "Ada Lee")
    assert (found.source.url, found.grades) == ("https://example.org", (6, 8))


async def test_what_holds_more_of_the_words_or_in_its_heading_comes_first(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    await shelf.keep(VOLCANOES, None)
    await shelf.keep(TIDES, None)
    assert (await texts_on(index, "lava that cools", ANYONE))[0] == VOLCANOES.passages[1].text
    assert (await texts_on(index, "rises in tides", ANYONE))[0] == TIDES.passages[0].text
    assert await texts_on(index, "the of and", ANYONE) == []


@pytest.mark.parametrize("words", ["a & b | !c <-> :*", "'; DROP TABLE", "\\ ' \"", "🌋", "a&b"])
async def test_no_text_of_a_student_s_breaks_the_search(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex, words: str
) -> None:
    await shelf.keep(VOLCANOES, None)
    assert await texts_on(index, words, ANYONE) == []


async def test_the_same_text_changes_nothing_also_when_it_comes_at_once_or_from_elsewhere(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    at_once = await asyncio.gather(*(shelf.keep(VOLCANOES, None) for _ in range(3)))
    assert sorted(one.keeping for one in at_once) == ["added", "unchanged", "unchanged"]
    moved = await shelf.keep(replace(VOLCANOES, origin="elsewhere.md"), None)
    assert (moved.keeping, moved.origin, moved.passages) == (Keeping.UNCHANGED, "volcanoes.md", 3)
    assert len(await texts_on(index, "magma", ANYONE)) == 1


async def test_a_changed_text_replaces_its_passages(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    await shelf.keep(VOLCANOES, None)
    other = (PassageText((), None, "Ash falls far away."),)
    kept = await shelf.keep(replace(VOLCANOES, digest="c" * 64, passages=other), None)
    assert (kept.keeping, kept.passages) == (Keeping.REPLACED, 1)
    assert await texts_on(index, "magma lava ash", ANYONE) == ["Ash falls far away."]


async def test_a_text_that_cannot_be_replaced_whole_stays_as_it_was(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    await shelf.keep(VOLCANOES, None)
    broken = (PassageText((), None, "Ash."), PassageText((), None, "no \0 in PostgreSQL"))
    with pytest.raises(Exception, match="0x00"):
        await shelf.keep(replace(VOLCANOES, digest="c" * 64, passages=broken), None)
    assert len(await texts_on(index, "magma lava crystals ash", ANYONE)) == 3


async def test_another_licence_keeps_the_passages_and_their_vectors(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    await shelf.keep(VOLCANOES, None)
    await shelf.prepare_vectors()
    assert await embed_all(shelf, "words") == 3
    other = replace(VOLCANOES.attribution, licence="CC0 1.0", grades=None)
    kept = await shelf.keep(replace(VOLCANOES, attribution=other), None)
    assert (kept.keeping, kept.passages) == (Keeping.RELABELLED, 3)
    assert await shelf.without_vectors("words", 10) == []
    (found,) = await index.by_words("magma", ANYONE, 10)
    assert (found.source.licence, found.grades) == ("CC0 1.0", None)


async def test_an_organisation_s_text_is_its_own(
    engine: AsyncEngine, shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO organizations (organization_id, name) VALUES ('school-1', 'A')")
        )
    assert await shelf.has_organization("school-1")
    assert not await shelf.has_organization("school-2")
    await shelf.keep(VOLCANOES, "school-1")
    for organization, count in (("school-1", 1), ("school-2", 0), (None, 0)):
        need = PassageNeed(organization, "en", 8)
        assert len(await index.by_words("magma", need, 10)) == count
        assert len(await index.of_section("doc-aaaaaaaaaaaa-1", need, 10)) == count
    assert (await shelf.keep(VOLCANOES, None)).keeping is Keeping.ADDED, "all may have it, too"


@pytest.mark.parametrize(
    ("need", "count"),
    [
        (PassageNeed(None, "en", 4), 1),
        (PassageNeed(None, "en", 3), 0),
        (PassageNeed(None, "EN-us", 12), 1),
        (PassageNeed(None, "de", 8), 0),
    ],
)
async def test_texts_of_other_languages_and_much_higher_grades_are_not_found(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex, need: PassageNeed, count: int
) -> None:
    await shelf.keep(VOLCANOES, None)
    assert len(await index.by_words("magma", need, 10)) == count


async def test_a_text_is_searched_in_its_own_language(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    german = Attribution("Vulkane", "CC0 1.0", language="de-AT")
    passages = (PassageText((), None, "Vulkane speien heiße Gase."),)
    await shelf.keep(SourceText("v.md", "d" * 64, german, passages), None)
    assert len(await texts_on(index, "die Vulkanen", PassageNeed(None, "de", 8))) == 1


async def test_a_section_is_everything_under_the_same_headings_in_order(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    await shelf.keep(VOLCANOES, None)
    found = await index.of_section("doc-aaaaaaaaaaaa-3", ANYONE, 10)
    assert [one.text for one in found] == [one.text for one in VOLCANOES.passages[1:]]
    for gone in ("doc-aaaaaaaaaaaa-9", "doc-ffffffffffff-1", "photosynthesis", "doc-%-1"):
        assert not await index.of_section(gone, ANYONE, 10)


async def test_the_nearest_vectors_of_the_model_are_found(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    await shelf.keep(VOLCANOES, None)
    await shelf.keep(TIDES, None)
    assert not await index.has_vectors("words")
    assert await shelf.prepare_vectors() is None
    assert await shelf.prepare_vectors() is None, "twice is as good as once"
    assert not await index.has_vectors("words")
    assert await embed_all(shelf, "words") == 4
    assert await index.has_vectors("words")
    assert not await index.has_vectors("other")
    vector = word_vector("the moon pulls water", 64)
    found = await index.by_meaning(vector, "words", ANYONE, 2)
    assert found[0].text == TIDES.passages[0].text
    assert len(found) == 2
    assert await index.by_meaning(vector, "words", PassageNeed(None, "de", 8), 2) == []


async def test_another_model_s_vectors_take_the_place_of_the_first_one_s(
    shelf: PostgresPassageShelf, index: PostgresPassageIndex
) -> None:
    await shelf.keep(VOLCANOES, None)
    await shelf.prepare_vectors()
    for model in ("words", "others"):
        assert await embed_all(shelf, model) == 3
    assert not await index.has_vectors("words")


async def test_a_replaced_text_needs_new_vectors(shelf: PostgresPassageShelf) -> None:
    await shelf.keep(VOLCANOES, None)
    await shelf.prepare_vectors()
    await embed_all(shelf, "words")
    stale = await shelf.without_vectors("other", 1)
    await shelf.keep(replace(VOLCANOES, digest="c" * 64), None)
    assert len(await shelf.without_vectors("words", 10)) == 3
    await shelf.keep_vectors("words", {stale[0][0]: word_vector("gone", 64)})
    assert len(await shelf.without_vectors("words", 10)) == 3, "a passage that is gone is left out"


async def test_where_the_role_may_not_make_the_extension_it_is_said_who_may(
    empty_database: str,
) -> None:
    engine = create_async_engine(on_asyncpg(empty_database), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    shelf = PostgresPassageShelf(engine)
    obstacle = await shelf.prepare_vectors()
    assert obstacle is not None
    assert "CREATE EXTENSION vector" in obstacle
    assert not await PostgresPassageIndex(engine).has_vectors("words")
    assert (await shelf.keep(TIDES, None)).keeping is Keeping.ADDED, "words need no extension"
    await engine.dispose()
