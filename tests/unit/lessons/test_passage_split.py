"""Texts are cut where their headings are, and nothing of them is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.passage_split import LONGEST_PASSAGE, split_into_passages
from worker.lessons.source_text import LONGEST_HEADINGS, Block, PassageText

WORDS = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=40)
TEXTS = st.lists(WORDS, min_size=1, max_size=400).map(" ".join)
BLOCKS = st.lists(st.builds(Block, TEXTS, st.integers(0, 6), st.none() | st.integers(1, 9)))


@given(BLOCKS)
def test_every_word_is_in_one_passage_in_its_order_and_none_is_too_long(
    blocks: list[Block],
) -> None:
    passages = split_into_passages(blocks)
    written = "".join("".join(one.text.split()) for one in blocks if not one.level)
    assert "".join("".join(one.text.split()) for one in passages) == written
    assert all(0 < len(one.text) <= LONGEST_PASSAGE for one in passages)
    assert all(len(one.heading) <= LONGEST_HEADINGS for one in passages)


def test_a_passage_stands_under_the_headings_above_it_and_on_the_page_it_begins_on() -> None:
    blocks = [
        Block("One", 1, 1),
        Block("Deep", 3, 1),
        Block("First.", 0, 1),
        Block("Second.", 0, 2),
        Block("Two", 2, 2),
        Block("Third.", 0, 2),
    ]
    assert split_into_passages(blocks) == (
        PassageText(("One", "Deep"), 1, "First.\nSecond."),
        PassageText(("One", "Two"), 2, "Third."),
    )


def test_a_paragraph_that_is_too_long_is_cut_between_sentences() -> None:
    sentence = "A sentence of nine words stands here, again and again."
    text = " ".join([sentence] * 60)
    passages = split_into_passages([Block(text)])
    assert len(passages) > 1
    assert all(one.text.endswith("again.") for one in passages)


def test_of_many_headings_the_lowest_are_kept() -> None:
    headings = tuple(f"{number} {'x' * 100}" for number in range(6))
    shown = PassageText(headings, None, "text").heading
    assert shown.endswith(headings[-1])
    assert headings[0] not in shown
