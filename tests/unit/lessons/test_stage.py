from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.stage import (
    ANSWERS,
    ENDED,
    PROGRESS_AT_START,
    STATUS_OF_STAGE,
    Stage,
    Status,
    progress_within,
)

FRACTIONS = st.floats(0, 1)


@given(st.sampled_from(Stage), FRACTIONS, FRACTIONS)
def test_progress_never_goes_back_within_a_stage(stage: Stage, one: float, other: float) -> None:
    assert progress_within(stage, min(one, other)) <= progress_within(stage, max(one, other))


@given(st.sampled_from(list(pairwise(Stage))), FRACTIONS, FRACTIONS)
def test_progress_never_goes_back_from_stage_to_stage(
    stages: tuple[Stage, Stage], one: float, other: float
) -> None:
    before, after = stages
    assert progress_within(before, one) <= progress_within(after, other)


@given(st.sampled_from(Stage), st.floats(allow_nan=False))
def test_progress_is_a_percentage_whatever_a_stage_reports(stage: Stage, fraction: float) -> None:
    assert PROGRESS_AT_START[stage] <= progress_within(stage, fraction) <= 100


def test_the_last_stage_ends_at_100() -> None:
    assert progress_within(Stage.ANNOUNCE, 1) == 100


@pytest.mark.parametrize(("before", "after"), list(pairwise(Stage)))
def test_a_stage_ends_where_the_next_one_starts(before: Stage, after: Stage) -> None:
    assert progress_within(before, 1) == PROGRESS_AT_START[after]


def test_every_stage_shows_as_a_status_of_its_own_that_is_no_end() -> None:
    assert list(STATUS_OF_STAGE) == list(PROGRESS_AT_START) == list(Stage)
    assert len(set(STATUS_OF_STAGE.values())) == len(Stage)
    assert not any(status.is_end for status in STATUS_OF_STAGE.values())


def test_a_request_is_pending_in_a_stage_or_ended_and_nothing_else() -> None:
    assert {Status.PENDING} | set(STATUS_OF_STAGE.values()) | ENDED == set(Status)


def test_failed_and_cancelled_are_the_ends_that_answer_nobody() -> None:
    assert {Status.FAILED, Status.CANCELLED} == ENDED - ANSWERS
    assert ANSWERS < ENDED
