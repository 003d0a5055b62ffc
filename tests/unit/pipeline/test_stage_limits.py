"""Stages get the time that their work needs."""

from __future__ import annotations

import pytest

from worker.lessons.stage import Stage
from worker.pipeline.stage_limits import StageLimits

LIMITS = StageLimits(least_seconds=100.0)
GROWING = (Stage.NARRATE, Stage.RENDER)


@pytest.mark.parametrize("stage", [one for one in Stage if one not in GROWING])
def test_most_stages_take_as_long_for_a_long_lesson_as_for_a_short_one(stage: Stage) -> None:
    assert LIMITS.seconds_for(stage, 45) == LIMITS.seconds_for(stage, 345) == 100.0


@pytest.mark.parametrize("stage", GROWING)
def test_speaking_and_drawing_get_more_time_for_a_longer_lesson(stage: Stage) -> None:
    short, long = LIMITS.seconds_for(stage, 60), LIMITS.seconds_for(stage, 120)
    assert long - short == short - 100.0 > 0
