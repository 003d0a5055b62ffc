"""Waits double up to their longest, and jitter takes the upper half."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.backoff import doubled, jittered


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    assert [doubled(2.0, times, 30.0) for times in range(6)] == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


@given(times=st.integers())
def test_any_number_of_times_gives_a_wait_between_first_and_longest(times: int) -> None:
    assert 0.5 <= doubled(0.5, times, 300.0) <= 300.0


@pytest.mark.parametrize(("draw", "seconds"), [(0.0, 5.0), (0.5, 7.5), (1.0, 10.0)])
def test_jitter_draws_from_the_upper_half(draw: float, seconds: float) -> None:
    assert jittered(10.0, draw) == seconds
