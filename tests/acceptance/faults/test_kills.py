"""A real worker is killed at every point of a request's path; another one finishes it.

The points are what the worker does to the outside: everything that commits, every publish,
upload, ack and lease. It is killed before the server hears of it, and after the server has done
it but before the worker hears so. The world is then judged from outside.
"""

from __future__ import annotations

import pytest

from tests.acceptance.faults.script import Point, Side
from tests.acceptance.faults.world import World

pytestmark = pytest.mark.acceptance

TEXT_STAGES = ("validate", "ground", "write_storyboard", "render", "publish")

PATH_OF_A_REQUEST = (
    "extend",
    "claim",
    "name topic",
    *(f"{verb} stage {stage}" for stage in TEXT_STAGES for verb in ("begin", "finish")),
    "upload storyboard.json",
    "upload transcript.md",
    "upload manifest.json",
    "begin stage announce",
    "end",
    "ack",
    "lease outbox",
    "publish to events",
    "mark outbox",
)
"""Every call that the path of a text lesson makes, by the proxies' names."""

HALVES = tuple(f"upload {name}" for name in ("storyboard.json", "transcript.md", "manifest.json"))

KILLS = [
    Point("pull", "after"),
    *(Point(name, side) for name in PATH_OF_A_REQUEST for side in ("before", "after")),
    *(Point(name, "half") for name in HALVES),
]

SINCE = {"lease outbox": "end", "mark outbox": "publish to events"}
"""The relay looks for work all the time: only these looks are of this request."""


async def test_the_points_are_all_that_a_request_passes(world: World) -> None:
    """A call that nobody listed here would be one that nobody is killed at."""
    request_id = await world.platform.add_request()
    await world.platform.publish(world.platform.message(request_id))
    async with world.worker(faulty=True) as worker:
        await world.until_settled(request_id)
        assert await worker.drain() == 0
    repeated = {"pull", "report progress", "renew claims"}
    assert world.script.names() - repeated == set(PATH_OF_A_REQUEST)
    await world.judge(request_id)


@pytest.mark.parametrize("point", KILLS, ids=str)
async def test_a_worker_killed_there_costs_nothing(world: World, point: Point) -> None:
    request_id = await world.platform.add_request()
    await world.platform.publish(world.platform.message(request_id))
    async with world.worker(faulty=True) as killed:
        world.script.plan(point, killed.kill, since=SINCE.get(point.name))
        await world.until_killed(killed)
    await world.pass_time()
    async with world.worker(faulty=False) as survivor:
        await world.until_settled(request_id)
        assert await survivor.drain() == 0
    await world.judge(request_id)


REJECTION: tuple[tuple[str, Side], ...] = (
    ("commit of the dead letter", "before"),
    ("commit of the dead letter", "after"),
    ("publish to dead", "before"),
    ("publish to dead", "after"),
    ("ack", "before"),
    ("ack", "after"),
)


@pytest.mark.parametrize("point", [Point(*one) for one in REJECTION], ids=str)
async def test_a_malformed_message_is_dead_lettered_once_although_the_worker_is_killed(
    world: World, point: Point
) -> None:
    await world.platform.publish(b"{not json")
    async with world.worker(faulty=True) as killed:
        world.script.plan(point, killed.kill)
        await world.until_killed(killed)
    await world.pass_time()
    async with world.worker(faulty=False) as survivor:
        await world.until_settled(None)
        assert await survivor.drain() == 0
    letters = await world.platform.rows("SELECT message_id FROM dead_letters")
    heard = {one["dead_letter_message_id"] for _, one in await world.platform.seen("dead")}
    assert heard == {letter.message_id for letter in letters}
    assert len(letters) == 1
    await world.judge_leftovers()
