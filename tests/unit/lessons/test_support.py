"""A sentence is held to what its passages say."""

from __future__ import annotations

from statistics import mean

from worker.curriculum.models import LevelText, statements
from worker.curriculum.reader import load_curriculum
from worker.lessons.support import is_supported

MAGMA = "Magma is less dense than the rock around it, so it rises through cracks in the crust."


def test_a_paraphrase_is_supported() -> None:
    assert is_supported("Because magma weighs less than rock, it climbs up.", [MAGMA])


def test_what_no_passage_speaks_of_is_not() -> None:
    assert not is_supported("The French Revolution began in Paris in 1789.", [MAGMA])


def test_a_sentence_is_supported_by_all_its_passages_together() -> None:
    said = "Magma rises, and gas bubbles blow lava out of the vent."
    gas = "Bubbles of gas grow near the vent and blow lava into the air."
    assert is_supported(said, [MAGMA, gas])


def test_a_sentence_without_a_word_that_means_something_needs_no_support() -> None:
    assert is_supported("That is how it is.", [])


def test_it_knows_one_topic_s_wordings_from_another_s() -> None:
    """It lets 95 of 100 through, and stops 85 of 100 that name a passage of another topic."""
    topics = load_curriculum().topics[::6]
    own, foreign = [], []
    for topic, other in zip(topics, (*topics[1:], topics[0]), strict=True):
        for one in statements(topic.basic):
            own.append(any(is_supported(one.say, [text]) for text in _passages(topic.standard)))
            foreign += [is_supported(one.say, [text]) for text in _passages(other.standard)]
    assert mean(own) > 0.95
    assert mean(foreign) < 0.15


def _passages(level: LevelText) -> list[str]:
    said = [one.say for one in statements(level)]
    return [" ".join(said[first : first + 6]) for first in range(0, len(said), 6)]
