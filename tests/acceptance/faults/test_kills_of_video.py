"""A worker is killed in the middle of speaking, rendering and uploading a video lesson."""

from __future__ import annotations

import pytest

from tests.acceptance.faults.script import Point
from tests.acceptance.faults.world import World

pytestmark = pytest.mark.acceptance

CHAPTER = "A worker is killed on the way of a video lesson of 45 s"

KILLS = [
    *((Point("upload a sentence", side), 4) for side in ("before", "half", "after")),
    *((Point("upload a segment", side), 1) for side in ("before", "half", "after")),
    (Point("report progress", "after"), 6),
    *((Point("upload lesson.mp4", side), 0) for side in ("before", "half", "after")),
]
"""Where, and how often the point is passed unharmed: in the middle of the stage."""

IN_CI = {
    Point("upload a sentence", "half"),
    Point("upload a segment", "after"),
    Point("upload lesson.mp4", "half"),
}


@pytest.mark.parametrize(
    ("point", "skip"),
    [
        pytest.param(*one, id=str(one[0]), marks=() if one[0] in IN_CI else pytest.mark.exhaustive)
        for one in KILLS
    ],
)
async def test_a_worker_killed_there_costs_no_lesson(world: World, point: Point, skip: int) -> None:
    number = f", number {skip + 1}" if skip else ""
    world.begin(CHAPTER, "SIGKILL", f"{point}{number}")
    await world.forget_cache()
    killed = await world.worker()
    killed.script.plan(point, killed.kill, skip=skip)
    request_id = await world.ask("video")
    await world.until_killed(killed)
    await world.pass_time()
    await world.worker()
    await world.until_settled(request_id)
    await world.judge(request_id)
