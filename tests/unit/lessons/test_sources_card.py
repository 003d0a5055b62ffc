"""The card at a lesson's end credits what the lesson rests on."""

from __future__ import annotations

from tests.unit.lessons.small_lesson import SOURCES, scene
from worker.lessons.sources_card import CARD_SECONDS, Credit, credits_of, sources_card
from worker.lessons.storyboard import SceneKind, Sentence, Source


def test_the_card_names_the_sources_in_use_in_their_own_order_and_says_nothing() -> None:
    said = [scene(1, Sentence("One.", ("primer",))), scene(2, Sentence("Two.", ("physics",)))]
    card = sources_card((*SOURCES, Source("idle", "Idle", "", "CC0")), said)
    assert card.sources == SOURCES
    assert (card.kind, card.sentences, card.hold_seconds) == (SceneKind.SOURCES, (), CARD_SECONDS)
    assert not card.teaches


def test_passages_of_one_text_share_a_credit_and_each_chapter_is_named_once() -> None:
    passages = [
        Source(str(number), "Life in a hive", chapter, "CC BY 4.0", "Ada Lee", "https://bees.org")
        for number, chapter in enumerate(("The dance", "", "The queen", "The dance"))
    ]
    other = Source("again", "Life in a hive", "The dance", "CC0")
    assert credits_of([passages[0], other, *passages[1:]]) == (
        Credit(
            "Life in a hive", ("The dance", "The queen"), "Ada Lee", "CC BY 4.0", passages[0].url
        ),
        Credit("Life in a hive", ("The dance",), "", "CC0", ""),
    )
