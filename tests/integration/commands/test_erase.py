"""`erase` removes everything of one student, also from under a worker, and nothing else."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.fakes.deliveries import make_delivery
from tests.integration.commands.conftest import Terminal, add_failed, add_letter
from tests.integration.delivery.conftest import Rig, make_rig
from tests.platform import STUDENT, Platform
from worker.adapters.database.requests import PostgresRequestStore
from worker.lessons.claim import AlreadyEnded
from worker.lessons.ending import Failure, OutgoingMessage
from worker.lessons.stage import Status
from worker.ports import RejectedDelivery

OTHER = "student-2"
TABLES = (
    "content_requests",
    "request_stages",
    "request_events",
    "request_costs",
    "outbox",
    "dead_letters",
)


async def _add_other(platform: Platform, **columns: Any) -> UUID:
    await platform.rows("INSERT INTO users (user_id) VALUES (:id) ON CONFLICT DO NOTHING", id=OTHER)
    return await platform.add_request(student_id=OTHER, **columns)


async def _fill(platform: Platform, request_id: UUID) -> None:
    """Hang something on a request in every table and in the bucket."""
    for statement in (
        """INSERT INTO request_stages (request_id, stage, status, fence, started_at, input_digest)
        VALUES (:id, 'publish', 'done', 1, now(), 'x')""",
        "INSERT INTO request_events (request_id, kind, fence) VALUES (:id, 'claimed', 1)",
        """INSERT INTO request_costs (request_id, fence, stage, provider, operation, status,
        price_micros, prices_dated) VALUES (:id, 1, 'narrate', 'p', 'o', 'settled', 1, now())""",
        "INSERT INTO outbox (request_id, topic, payload) VALUES (:id, 't', 'x')",
    ):
        await platform.rows(statement, id=request_id)
    storage = platform.storage()
    for name in (f"lessons/{request_id}/1/a", f"lessons/{request_id}/2/b"):
        await storage.upload(platform.bucket, name, b"bytes", force_resumable_upload=False)


async def _sizes(platform: Platform) -> dict[str, int]:
    return {
        table: (await platform.rows(f"SELECT count(*) AS size FROM {table}"))[0].size  # noqa: S608  # our own names
        for table in TABLES
    }


async def test_everything_of_the_student_goes_and_nothing_of_another(
    terminal: Terminal, platform: Platform
) -> None:
    own, other = await add_failed(platform), await _add_other(platform, status="failed")
    for request_id in (own, other):
        await _fill(platform, request_id)
    await add_letter(platform, own)
    await add_letter(platform, other, student_id=OTHER, payload=b'{"student_id": "student-2"}')
    said = await terminal.run("erase", "--student", STUDENT, "--yes", "--json")
    assert said.code == 0
    assert said.body["removed"] == {
        "requests": 1,
        "stages": 1,
        "events": 1,
        "costs": 1,
        "outbox messages": 1,
        "dead letters": 1,
        "objects": 2,
    }
    assert await _sizes(platform) == dict.fromkeys(TABLES, 1)
    assert (await platform.row(other)).student_id == OTHER
    assert await platform.object_names() == [f"lessons/{other}/1/a", f"lessons/{other}/2/b"]
    users = await platform.rows("SELECT 1 FROM users WHERE user_id = :id", id=STUDENT)
    assert len(users) == 1, "the row in users belongs to the platform"


@pytest.mark.parametrize(
    "payload",
    [
        b'{"student_id": "student-1", "grade_level": 99}',
        b'{"student_id": " student-1 "}',
        b'{"student_id": "student-1", "student_query": "cut off',
        b'\xff{"student_id":"student-1"}',
    ],
    ids=["readable", "padded", "cut off", "not UTF-8"],
)
async def test_messages_that_name_the_student_go_although_no_request_exists(
    terminal: Terminal, platform: Platform, payload: bytes
) -> None:
    await add_letter(platform, student_id=None, payload=payload)
    await add_letter(platform, student_id=None, payload=b'{"student_id": "student-11"}')
    for one in (payload, b'{"student_id": "student-11"}'):
        await platform.rows(
            "INSERT INTO outbox (topic, payload) VALUES ('t', :payload)", payload=one
        )
    said = await terminal.run("erase", "--student", STUDENT, "--yes", "--json")
    removed = said.body["removed"]
    assert (removed["dead letters"], removed["outbox messages"]) == (1, 1)
    (letter,) = await platform.rows("SELECT payload FROM dead_letters")
    assert letter.payload == b'{"student_id": "student-11"}'


async def test_a_malformed_message_is_kept_under_the_student_whom_it_names(
    platform: Platform,
) -> None:
    rig = make_rig(platform, "worker-a")
    await platform.publish(platform.message(uuid4(), student_id=OTHER, grade_level=13))
    async with rig.running():
        await platform.seen("dead")
    (letter,) = await platform.rows("SELECT student_id FROM dead_letters")
    assert letter.student_id == OTHER


async def test_a_worker_is_cut_off_and_what_it_leaves_is_swept(
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
        await _fill(platform, request_id)
        assert (await terminal.run("erase", "--student", STUDENT, "--yes")).code == 0
        await asyncio.wait_for(stopped.wait(), 15)
    assert await _sizes(platform) == dict.fromkeys(TABLES, 0)
    late = f"lessons/{request_id}/1/late"
    await platform.storage().upload(platform.bucket, late, b"x", force_resumable_upload=False)
    await terminal.run("sweep")
    assert await platform.object_names() == []


async def test_a_message_that_comes_after_the_erasure_leaves_nothing_behind(
    terminal: Terminal, platform: Platform
) -> None:
    """Its data holds what the student wrote: it must not come back as a dead letter."""
    request_id = await platform.add_request()
    await terminal.run("erase", "--student", STUDENT, "--yes")
    store = PostgresRequestStore(platform.engine, worker_id="worker-a")
    answer = await store.claim(request_id, f"correlation-{request_id.hex[:8]}", 30.0)
    assert answer == AlreadyEnded(Status.CANCELLED)
    rig = make_rig(platform, "worker-a")
    await platform.publish(platform.message(request_id))
    await platform.publish(platform.message(request_id, grade_level=13))
    async with rig.running():
        await rig.until(lambda: _both_handled(rig))
    assert await platform.backlog() == 0
    assert await _sizes(platform) == dict.fromkeys(TABLES, 0)


async def test_a_letter_that_would_be_kept_while_its_request_is_erased_waits_and_is_not_kept(
    platform: Platform,
) -> None:
    request_id = await platform.add_request()
    store = PostgresRequestStore(platform.engine, worker_id="worker-a")
    delivery = make_delivery(json.dumps(platform.message(request_id)).encode())
    failure = Failure(None, "MalformedMessageError", "broken", "")
    rejected = RejectedDelivery(delivery, failure, request_id, f"correlation-{request_id.hex[:8]}")
    message = OutgoingMessage(uuid4(), "t", delivery.data, ())
    async with platform.engine.begin() as erasing:
        for statement in (
            "SELECT 1 FROM content_requests WHERE id = :id FOR UPDATE",
            "INSERT INTO erased_requests (request_id) VALUES (:id)",
            "DELETE FROM content_requests WHERE id = :id",
        ):
            await erasing.execute(text(statement), {"id": request_id})
        keeping = asyncio.create_task(store.reject(rejected, message, lambda _: message))
        await _until_somebody_waits_for_a_lock(platform)
    assert await keeping is False
    assert await _sizes(platform) == dict.fromkeys(TABLES, 0)


async def _until_somebody_waits_for_a_lock(platform: Platform) -> None:
    async with asyncio.timeout(10):
        while not await platform.rows(  # noqa: ASYNC110  # a database has no event to wait for
            "SELECT 1 FROM pg_locks WHERE NOT granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
            " OR NOT granted AND locktype = 'transactionid'"
        ):
            await asyncio.sleep(0.02)


async def test_erasing_twice_removes_nothing_the_second_time(
    terminal: Terminal, platform: Platform
) -> None:
    await _fill(platform, await platform.add_request())
    await terminal.run("erase", "--student", STUDENT, "--yes")
    said = await terminal.run("erase", "--student", STUDENT, "--yes", "--json")
    assert (said.code, set(said.body["removed"].values())) == (0, {0})


async def test_what_failed_half_way_is_finished_by_running_it_again(
    terminal: Terminal, platform: Platform
) -> None:
    request_id = await platform.add_request()
    await _fill(platform, request_id)
    storage_url = terminal.platform.storage_url
    terminal.environ["STORAGE_EMULATOR_HOST"] = "http://127.0.0.1:1"
    said = await terminal.run("erase", "--student", STUDENT, "--yes")
    assert (said.code, "run the command again" in said.err) == (4, True)
    assert (await platform.row(request_id)).status == "cancelled", "cut off, and still to be found"
    terminal.environ["STORAGE_EMULATOR_HOST"] = storage_url
    said = await terminal.run("erase", "--student", STUDENT, "--yes", "--json")
    assert said.body["removed"]["objects"] == 2
    assert await _sizes(platform) == dict.fromkeys(TABLES, 0)
    assert await platform.object_names() == []


async def test_nothing_is_erased_without_a_yes(
    terminal: Terminal, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    request_id = await platform.add_request()
    said = await terminal.run("erase", "--student", STUDENT)
    assert (said.code, "erase 1 requests" in said.err, "--yes" in said.err) == (2, True, True)
    assert (await platform.row(request_id)).status == "pending"


async def _both_handled(rig: Rig) -> bool:
    return rig.consumer.handled >= 2
