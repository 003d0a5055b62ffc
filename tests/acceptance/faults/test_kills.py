"""A real worker is killed at every point of a text request's path; another one finishes it.

The points are what the worker does to the outside: everything that commits, every publish,
upload, ack and lease. It is killed before the server hears of it, and after the server has done
it but before the worker hears so. The world is then judged from outside.
"""

from __future__ import annotations

import pytest

from tests.acceptance.faults.script import Point
from tests.acceptance.faults.world import World

pytestmark = pytest.mark.acceptance

CHAPTER = "A worker is killed on the way of a text lesson"

TEXT_STAGES = ("validate", "ground", "write_storyboard", "render", "publish")

PATH_OF_A_REQUEST = (
    "claim",
    "name topic",
    *(f"{verb} stage {stage}" for stage in TEXT_STAGES for verb in ("begin", "finish")),
    "reserve cost",
    "open day",
    "settle cost",
    *("upload storyboard.json", "upload citations.json", "upload quiz.json"),
    *("upload lesson.html", "upload lesson.md", "upload picture-1.svg", "upload picture-2.svg"),
    "upload transcript.md",
    "upload quality_report.json",
    "upload manifest.json",
    "begin stage announce",
    "end",
    "ack",
    "lease outbox",
    "publish to events",
    "mark outbox",
)
"""Every call that the path of a text lesson makes, by the proxies' names."""

HALVES = tuple(name for name in PATH_OF_A_REQUEST if name.startswith("upload "))

KILLS = [
    Point("pull", "after"),
    *(Point(name, side) for name in PATH_OF_A_REQUEST for side in ("before", "after")),
    *(Point(name, "half") for name in HALVES),
]

IN_CI = {
    Point("pull", "after"),
    Point("claim", "before"),
    Point("claim", "after"),
    Point("finish stage ground", "after"),
    Point("begin stage render", "after"),
    Point("reserve cost", "after"),
    Point("upload transcript.md", "half"),
    Point("upload manifest.json", "after"),
    Point("end", "before"),
    Point("end", "after"),
    Point("ack", "before"),
    Point("publish to events", "after"),
    Point("mark outbox", "after"),
}
"""Where a crash costs most, one of each kind; `just faults` runs all."""

SINCE = {
    "lease outbox": Point("end", "after"),
    "mark outbox": Point("publish to events", "after"),
}
"""The relay looks all the time: only these looks are of this request."""


async def test_the_points_are_all_that_a_request_passes(world: World) -> None:
    """A call that nobody listed here would be one that nobody is killed at."""
    await world.forget_day()
    worker = await world.worker()
    request_id = await world.ask()
    await world.until_settled(request_id)
    repeated = {"pull", "report progress", "extend", "renew claims"}
    assert worker.script.names() - repeated == set(PATH_OF_A_REQUEST)
    await world.judge(request_id)


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(one, id=str(one), marks=() if one in IN_CI else pytest.mark.exhaustive)
        for one in KILLS
    ],
)
async def test_a_worker_killed_there_costs_nothing(world: World, point: Point) -> None:
    world.begin(CHAPTER, "SIGKILL", str(point))
    await world.forget_day()
    killed = await world.worker()
    killed.script.plan(point, killed.kill, since=SINCE.get(point.name))
    request_id = await world.ask()
    await world.until_killed(killed)
    await world.pass_time()
    await world.worker()
    await world.until_settled(request_id)
    await world.judge(request_id)
