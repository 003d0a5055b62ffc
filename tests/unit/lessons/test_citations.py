"""Every factual sentence and what it rests on."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.lessons.judged_lesson import good_board, good_evidence
from tests.unit.lessons.small_lesson import scene, storyboard
from worker.lessons.citations import write_citations
from worker.lessons.storyboard import Sentence


def cited(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def test_every_factual_sentence_of_a_bundled_lesson_is_there_with_a_known_source() -> None:
    board = good_board()
    body = cited(write_citations(board))
    known = {one["source_id"] for one in body["sources"]}
    assert known == {source.source_id for source in board.sources}
    told = {one["text"]: one["source_ids"] for one in body["sentences"]}
    for sentence in (sentence for part in board.scenes for sentence in part.sentences):
        assert told.get(sentence.text, []) == list(sentence.source_ids)
    assert all(ids and set(ids) <= known for ids in told.values())


def test_a_claim_without_a_source_is_listed_with_none_and_a_question_is_not_listed() -> None:
    board = storyboard(
        scene(1, Sentence("Is it so?"), Sentence("It is so."), Sentence("Imagine it."))
    )
    (claim,) = cited(write_citations(board))["sentences"]
    assert (claim["text"], claim["source_ids"], claim["start"]) == ("It is so.", [], None)


def test_a_sentence_has_the_second_at_which_it_is_spoken() -> None:
    evidence = good_evidence()
    assert evidence.timeline is not None
    starts = {
        sentence.text: placed.start + sentence.start
        for placed in evidence.timeline.scenes
        for sentence in placed.sentences
    }
    body = cited(write_citations(evidence.storyboard, evidence.timeline))
    for one in body["sentences"]:
        assert abs(one["start"] - starts[one["text"]]) < 0.001


def test_a_source_that_nothing_rests_on_is_not_cited() -> None:
    board = storyboard(scene(1, Sentence("Forces come in pairs.", ("primer",))))
    (source,) = cited(write_citations(board))["sources"]
    assert source == {
        "source_id": "primer",
        "title": "A Primer",
        "chapter": None,
        "licence": "CC BY-SA 4.0",
        "author": None,
        "url": None,
    }
