"""What reads own sources is held to its dependency's breaker."""

from __future__ import annotations

import pytest

from tests.fakes.word_embedder import WordEmbedder
from worker.adapters.database.engine import open_engine
from worker.adapters.database.passage_search import PostgresPassageIndex
from worker.delivery.breaker import Breaker, BreakerPolicy, Dependency, Mode
from worker.delivery.guarded_library import GuardedEmbedder, GuardedIndex
from worker.delivery.guarded_ports import Guard
from worker.embedded.loopback import find_free_port
from worker.lessons.errors import CircuitOpenError, DependencyUnavailableError
from worker.lessons.source_text import PassageNeed
from worker.ports import EmbeddingPurpose

NEED = PassageNeed(None, "en", 8)


def guard_of(dependency: Dependency) -> Guard:
    policy = BreakerPolicy(failures=4)
    return Guard(Breaker(dependency, policy, lambda: 0.0, lambda: 1.0), call_seconds=30.0)


async def test_searches_that_no_database_answers_open_its_breaker() -> None:
    url = f"postgresql://nobody@127.0.0.1:{find_free_port()}/none"
    engine = open_engine(url, pool_size=1, application_name="tests")
    index = GuardedIndex(PostgresPassageIndex(engine), guard_of(Dependency.DATABASE))
    for call in (
        lambda: index.by_words("bees", NEED, 1),
        lambda: index.has_vectors("words"),
        lambda: index.by_meaning((1.0,), "words", NEED, 1),
        lambda: index.of_section("doc-aaaaaaaaaaaa-1", NEED, 1),
    ):
        with pytest.raises(DependencyUnavailableError):
            await call()
    assert index.guard.breaker.mode is Mode.OPEN
    await engine.dispose()


async def test_nothing_is_embedded_while_the_writer_s_breaker_is_open() -> None:
    inner = WordEmbedder()
    embedder = GuardedEmbedder(inner, guard_of(Dependency.WRITER))
    asked = (["bees"], EmbeddingPurpose.QUESTION)
    assert embedder.identity == inner.identity
    assert await embedder.embed(*asked) == await inner.embed(*asked)
    for _ in range(4):
        with pytest.raises(DependencyUnavailableError):
            async with embedder.guard.call():
                raise DependencyUnavailableError("no answer")
    with pytest.raises(CircuitOpenError):
        await embedder.embed(*asked)
