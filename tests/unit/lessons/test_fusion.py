"""Several rankings become one, by Cormack's reciprocal ranks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.fusion import fuse

RANKINGS = st.lists(st.lists(st.integers(0, 20), unique=True), max_size=4)


def test_what_two_rankings_hold_is_before_what_one_holds_higher() -> None:
    # 1/61 + 1/63 > 1/61 + 1/64 > 1/62, as the paper's formula has it with k = 60.
    assert fuse(["a", "b", "c"], ["c", "d", "x", "a"]) == ["c", "a", "b", "d", "x"]


def test_one_ranking_stays_as_it_is() -> None:
    assert fuse(["b", "a", "c"], []) == ["b", "a", "c"]


def test_equals_stand_in_the_order_of_the_rankings() -> None:
    assert fuse(["a"], ["b"]) == ["a", "b"]


@given(RANKINGS)
def test_everything_that_is_ranked_is_there_once(rankings: list[list[int]]) -> None:
    fused = fuse(*rankings)
    assert len(fused) == len(set(fused))
    assert set(fused) == {one for ranking in rankings for one in ranking}


@given(RANKINGS.filter(bool))
def test_what_every_ranking_puts_first_is_first(rankings: list[list[int]]) -> None:
    assert fuse(*([99, *ranking] for ranking in rankings))[0] == 99
