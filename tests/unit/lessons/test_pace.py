from __future__ import annotations

from itertools import pairwise

import pytest

from worker.lessons.pace import words_per_minute

# docs: grades 1-5 follow 130 words a minute (DCMP), 6-8 140, 9-12 160 (ours).
FASTEST = {grade: 130 if grade <= 5 else 140 if grade <= 8 else 160 for grade in range(1, 13)}


@pytest.mark.parametrize("grade", FASTEST)
def test_a_grade_is_spoken_to_a_little_slower_than_it_can_follow(grade: int) -> None:
    assert 0.9 * FASTEST[grade] < words_per_minute(grade) < FASTEST[grade]


def test_no_grade_is_spoken_to_slower_than_the_one_below_it() -> None:
    rates = [words_per_minute(grade) for grade in FASTEST]
    assert all(one <= following for one, following in pairwise(rates))
