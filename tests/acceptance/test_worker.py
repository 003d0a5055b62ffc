"""The worker as a process: three messages, a signal, and what the world looks like after."""

from __future__ import annotations

import asyncio
import json
import signal

import pytest

from tests.acceptance.conftest import run_worker, worker_process
from tests.platform import Platform

pytestmark = pytest.mark.acceptance


async def test_good_malformed_and_duplicate_messages_then_sigterm(platform: Platform) -> None:
    good = await platform.add_request(requested_modalities=["video"], requested_duration_seconds=45)
    ended = await platform.add_request(status="completed", progress_percentage=100)
    ended_before = await platform.row(ended)
    good_message = platform.message(good, requested_modalities=["video"])
    await platform.publish(good_message)
    await platform.publish(b"{not json")
    await platform.publish(platform.message(ended))

    async with worker_process("--forever", environ=platform.environ) as process:
        await _until_status(platform, good, "completed")
        # The same message again, now that its request is ended.
        await platform.publish(good_message)
        await _until_all_settled(platform)
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 30)

    log = [json.loads(line) for line in err.decode().splitlines()]
    assert process.returncode == 0, err.decode()
    assert out == b""
    row = await platform.row(good)
    assert (row.status, row.progress_percentage, row.topic) == (
        "completed",
        100,
        "Newton's third law",
    )
    names = await platform.object_names(f"lessons/{good}/")
    assert row.manifest_object in names
    assert set(row.objects.values()) < set(names)
    assert await platform.row(ended) == ended_before
    assert await platform.backlog() == 0

    ((payload, attributes),) = await platform.seen("dead")
    assert payload == b"{not json"
    assert "not JSON" in attributes["dead_letter_reason"]
    (letter,) = await platform.rows("SELECT * FROM dead_letters")
    assert letter.error_class == "MalformedMessageError"
    events = await platform.seen("events")
    assert [attributes["event_type"] for _, attributes in events] == ["content_request.completed"]

    settled = [line for line in log if line["message"] == "delivery_settled"]
    assert sorted(line["settlement"] for line in settled) == ["ack", "ack", "ack", "reject"]
    assert "basketball" not in err.decode(), "nothing that a student wrote is in the log"
    assert "Explain" not in err.decode()


async def _until_status(platform: Platform, request_id: object, status: str) -> None:
    async with asyncio.timeout(120):
        while True:
            rows = await platform.rows(
                "SELECT status FROM content_requests WHERE id = :id", id=request_id
            )
            if rows[0].status == status:
                return
            await asyncio.sleep(0.2)


async def _until_all_settled(platform: Platform) -> None:
    """Wait until nothing waits on the subscription, for two looks in a row."""
    quiet = 0
    async with asyncio.timeout(30):
        while quiet < 2:
            quiet = quiet + 1 if await platform.backlog() == 0 else 0
            await asyncio.sleep(0.5)


async def test_a_job_ends_by_itself_when_nothing_comes(platform: Platform) -> None:
    finished = await run_worker(environ=platform.environ | {"WORKER_IDLE_SECONDS": "1"})
    assert finished.exit_code == 0, finished.err


async def test_a_job_ends_when_its_time_is_over(platform: Platform) -> None:
    limits = {"WORKER_MAX_RUNTIME": "1", "WORKER_IDLE_SECONDS": "600"}
    finished = await run_worker(environ=platform.environ | limits)
    assert finished.exit_code == 0, finished.err


async def test_smoke_passes_where_a_worker_makes_a_whole_lesson(platform: Platform) -> None:
    async with worker_process("--forever", environ=platform.environ) as process:
        smoke = await run_worker("smoke", "--modality", "text", "--json", environ=platform.environ)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 30)
    verdict = json.loads(smoke.out)
    assert (smoke.exit_code, verdict["passed"], verdict["missing"]) == (0, True, []), smoke.err
    assert set(verdict["files"].values()) <= set(
        await platform.object_names(f"lessons/{verdict['request_id']}/")
    )
