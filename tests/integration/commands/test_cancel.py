"""`cancel`, also in the middle of a running request, and a replay beside a running worker."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID, uuid4

import pytest

from tests.fakes.pipeline import hang
from tests.integration.commands.conftest import Terminal, add_failed, add_letter
from tests.integration.delivery.conftest import Rig, make_rig
from tests.platform import Platform
from worker.lessons.errors import LessonInvalidError


async def _kinds(platform: Platform, request_id: UUID) -> list[str]:
    rows = await platform.rows(
        "SELECT kind FROM request_events WHERE request_id = :id ORDER BY id", id=request_id
    )
    return [row.kind for row in rows]


async def test_a_waiting_request_is_cancelled_with_one_event(
    terminal: Terminal, platform: Platform
) -> None:
    request_id = await platform.add_request()
    said = await terminal.run("cancel", request_id, "--json")
    assert (said.code, json.loads(said.out)["status"]) == (0, "cancelled")
    row = await platform.row(request_id)
    assert (row.status, row.claim_fence) == ("cancelled", 1)
    assert row.completed_at is not None
    (message,) = await platform.rows("SELECT topic, attributes FROM outbox")
    assert message.topic == f"{platform.name}-events"
    assert message.attributes["event_type"] == "content_request.cancelled"


async def test_a_cancelled_request_stops_its_worker_and_stays_cancelled(
    terminal: Terminal, platform: Platform
) -> None:
    rig = make_rig(platform, "worker-a", request_seconds=60.0)
    stopped = asyncio.Event()

    async def until_stopped(_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    rig.pipeline.step = until_stopped
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
        assert (await terminal.run("cancel", request_id)).code == 0
        await asyncio.wait_for(stopped.wait(), 15)
        ((_, attributes),) = await platform.seen("events")
        assert attributes["event_type"] == "content_request.cancelled"
    row = await platform.row(request_id)
    assert (row.status, row.claimed_by, row.claim_fence) == ("cancelled", None, 2)
    assert await _kinds(platform, request_id) == ["claimed", "stage_began", "cancelled"]
    assert len(await platform.rows("SELECT 1 FROM outbox")) == 1


async def test_work_that_ends_after_the_cancel_changes_nothing(
    terminal: Terminal, platform: Platform
) -> None:
    rig, go_on = make_rig(platform, "worker-a", request_seconds=60.0), asyncio.Event()

    async def until_told(_: object) -> None:
        await go_on.wait()

    rig.pipeline.step = until_told
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
        await terminal.run("cancel", request_id)
        before = await platform.row(request_id)
        go_on.set()
        await rig.until(lambda: _handled(rig))
        assert await platform.row(request_id) == before
    assert await _kinds(platform, request_id) == ["claimed", "stage_began", "cancelled"]


async def _handled(rig: Rig) -> bool:
    return rig.consumer.handled > 0


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "out_of_scope"])
async def test_an_ended_request_is_refused_and_left_as_it_is(
    terminal: Terminal, platform: Platform, status: str
) -> None:
    request_id = await platform.add_request(status=status)
    before = await platform.row(request_id)
    said = await terminal.run("cancel", request_id, "--json")
    assert json.loads(said.out) == {"request_id": str(request_id), "status": status}
    assert (said.code, f"ended as {status}" in said.err) == (2, True)
    assert await platform.row(request_id) == before
    assert await platform.rows("SELECT 1 FROM outbox") == []


async def test_an_unknown_request_exits_2_and_says_what_to_see_to(terminal: Terminal) -> None:
    said = await terminal.run("cancel", uuid4())
    assert (said.code, "no such request" in said.err) == (2, True)


async def test_a_replayed_request_is_taken_up_by_the_worker_that_runs(
    terminal: Terminal, platform: Platform
) -> None:
    rig = make_rig(platform, "worker-a")
    request_id = await add_failed(platform)
    letter_id = await add_letter(platform, request_id)
    async with rig.running():
        await terminal.run("dead-letters", "replay", letter_id)
        await rig.until(lambda: _has_status(platform, request_id, "completed"))
    row = await platform.row(request_id)
    assert (row.claim_fence, row.failed_attempts) == (9, 0)
    assert (await _kinds(platform, request_id))[:2] == ["replayed", "claimed"]


async def test_a_replay_while_a_worker_holds_the_request_is_refused(
    terminal: Terminal, platform: Platform
) -> None:
    rig = make_rig(platform, "worker-a", request_seconds=60.0)
    rig.pipeline.step = hang
    request_id = await platform.add_request()
    letter_id = await add_letter(platform, request_id)
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
        said = await terminal.run("dead-letters", "replay", letter_id)
        assert (said.code, "is live" in said.err) == (2, True)
        row = await platform.row(request_id)
        assert (row.claimed_by, row.claim_fence) == ("worker-a", 1)


async def test_a_replayed_request_that_fails_again_leaves_a_new_dead_letter(
    terminal: Terminal, platform: Platform
) -> None:
    rig = make_rig(platform, "worker-a")

    async def fail(_: object) -> None:
        raise LessonInvalidError("no source")

    rig.pipeline.step = fail
    request_id = await add_failed(platform)
    await terminal.run("dead-letters", "replay", await add_letter(platform, request_id))
    async with rig.running():
        await rig.until(lambda: _has_status(platform, request_id, "failed"))
    letters = await platform.rows(
        "SELECT error_class, replayed_at IS NULL AS waits FROM dead_letters ORDER BY created_at"
    )
    assert list(letters) == [("RenderCrashedError", False), ("LessonInvalidError", True)]


async def _has_status(platform: Platform, request_id: UUID, status: str) -> bool:
    return bool((await platform.row(request_id)).status == status)
