"""A process is killed while it rejects, fails, hands back, sweeps or replays."""

from __future__ import annotations

import signal
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.acceptance.faults.processes import WorkerProcess
from tests.acceptance.faults.script import Hold, Point, Side, always
from tests.acceptance.faults.world import World

pytestmark = pytest.mark.acceptance

BOTH: tuple[Side, ...] = ("before", "after")
AFTER_PUBLISHING = Point("publish to dead", "after")


def kills(*names: str, in_ci: str) -> list[object]:
    """Return both sides of each point; CI runs one of them."""
    points = [Point(name, side) for name in names for side in BOTH]
    return [
        pytest.param(one, id=str(one), marks=() if str(one) == in_ci else pytest.mark.exhaustive)
        for one in points
    ]


async def finish_by_another(world: World, killed: WorkerProcess, *request_ids: UUID) -> None:
    """Wait for the kill, let time pass, and let another worker settle what is left."""
    await world.until_killed(killed)
    await world.pass_time()
    await world.worker()
    await world.until_settled(*request_ids)


async def dead_letters_heard(world: World) -> set[str]:
    """Return the ids of the messages whose dead letters the topic has brought."""
    heard = await world.platform.seen("dead")
    return {attributes["dead_letter_message_id"] for _, attributes in heard}


@pytest.mark.parametrize(
    "point",
    kills(
        "commit of dead_letters and outbox",
        "ack",
        "publish to dead",
        "mark outbox",
        in_ci="after commit of dead_letters and outbox",
    ),
)
async def test_a_malformed_message_is_dead_lettered_once(world: World, point: Point) -> None:
    world.begin("A worker is killed while it rejects a malformed message", "SIGKILL", str(point))
    killed = await world.worker()
    since = AFTER_PUBLISHING if point.name == "mark outbox" else None
    killed.script.plan(point, killed.kill, since=since)
    message_id = await world.platform.publish(b"{not json")
    await finish_by_another(world, killed)
    letters = await world.platform.rows(
        "SELECT message_id FROM dead_letters WHERE message_id = :id", id=message_id
    )
    assert len(letters) == 1
    assert await dead_letters_heard(world) == {message_id}
    await world.judge()


@pytest.mark.parametrize(
    "point",
    kills(
        "commit of failed",
        "ack",
        "publish to events",
        "publish to dead",
        "mark outbox",
        in_ci="after commit of failed",
    ),
)
async def test_a_request_that_fails_for_good_fails_once(world: World, point: Point) -> None:
    """It has been claimed too often without progress: its next claim is its end."""
    world.begin("A worker is killed while a request fails for good", "SIGKILL", str(point))
    killed = await world.worker()
    since = AFTER_PUBLISHING if point.name == "mark outbox" else None
    killed.script.plan(point, killed.kill, since=since)
    request_id = await world.ask(claims_without_progress=5)
    await finish_by_another(world, killed, request_id)
    await world.judge(request_id, status="failed", failed_attempts=None)
    assert len(await dead_letters_heard(world)) == 1


@pytest.mark.parametrize(
    "point",
    kills(
        "commit of released",
        "ack",
        "publish to requests",
        "mark outbox",
        in_ci="after commit of released",
    ),
)
async def test_a_drain_that_is_cut_short_loses_nothing(world: World, point: Point) -> None:
    """SIGTERM in the middle of an upload, then SIGKILL while the request is handed back."""
    world.begin("SIGTERM, then SIGKILL while the worker hands back", "SIGKILL", str(point))
    killed = await world.worker()
    uploading = Point("upload manifest.json", "before")
    killed.script.plan(uploading, always(Hold(60)))
    killed.script.plan(point, killed.kill, since=uploading)
    request_id = await world.ask()
    await world.until_passed(killed, uploading)
    killed.send(signal.SIGTERM)
    await finish_by_another(world, killed, request_id)
    await world.judge(request_id)


SWEEPING = {"WORKER_REPUBLISH_SECONDS": "60", "WORKER_ORPHAN_SECONDS": "0.001"}


@pytest.mark.parametrize(
    "point",
    kills(
        "commit of republished",
        "publish to requests",
        "mark outbox",
        "commit of content_requests and erased_requests",
        "delete object",
        in_ci="after commit of republished",
    ),
)
async def test_a_sweep_that_is_killed_is_made_good_by_the_next(world: World, point: Point) -> None:
    world.begin("A sweep is killed; another one follows", "SIGKILL", str(point))
    platform, orphan = world.platform, f"lessons/{uuid4()}/1/lesson.mp4"
    lost = await aged(world, "2 hours")
    old = await aged(world, "400 days", status="completed", progress_percentage=100)
    async with world.held_still(await world.worker()):
        await platform.storage().upload(platform.bucket, orphan, b"x", force_resumable_upload=False)
        killed = await world.run("sweep", **SWEEPING)
        killed.script.plan(point, killed.kill)
        await world.until_killed(killed)
        await world.pass_time()
        assert await (await world.run("sweep", **SWEEPING)).ends() == 0
    await world.until_settled(lost)
    await world.judge(lost)
    assert orphan not in await platform.object_names("lessons/")
    assert not await platform.rows("SELECT 1 FROM content_requests WHERE id = :id", id=old)
    assert await platform.rows("SELECT 1 FROM erased_requests WHERE request_id = :id", id=old)


async def aged(world: World, age: str, **columns: Any) -> UUID:
    """Write a request that nobody has published, as if so long ago."""
    request_id = await world.platform.add_request(**columns)
    await world.platform.rows(
        f"UPDATE content_requests SET created_at = now() - interval '{age}', "  # noqa: S608  # our own words
        f"updated_at = now() - interval '{age}' WHERE id = :id",
        id=request_id,
    )
    return request_id


@pytest.mark.parametrize("point", kills("commit of replayed", in_ci="after commit of replayed"))
async def test_a_replay_that_is_killed_happens_once(world: World, point: Point) -> None:
    world.begin("A replay is killed; it is asked for again", "SIGKILL", str(point))
    await world.worker()
    request_id = await world.ask(claims_without_progress=5)
    await world.until_settled(request_id)
    await world.platform.seen("events")
    (letter,) = await world.platform.rows(
        "SELECT id FROM dead_letters WHERE request_id = :id", id=request_id
    )
    replay = ("dead-letters", "replay", str(letter.id))
    killed = await world.run(*replay)
    killed.script.plan(point, killed.kill)
    await world.until_killed(killed)
    # Exit code 2 says that it was replayed already, which it was if the first one came so far.
    expected = 0 if point.side == "before" else 2
    assert await (await world.run(*replay)).ends() == expected
    await world.until_settled(request_id)
    await world.judge(request_id)
