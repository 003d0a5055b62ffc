"""Judges a platform from outside: by the database, the bucket and the topics."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from tests.acceptance.faults.processes import WorkerProcess
from tests.acceptance.faults.record import Found
from tests.platform import Platform

Heard = Counter[tuple[str, str]]
"""How often the platform heard each (event type, event id)."""


async def judge_requests(
    platform: Platform,
    request_ids: Sequence[UUID],
    stored: Counter[str],
    *,
    status: str = "completed",
) -> Found:
    """Hold the requests to the promise: each ended once, nothing of it lost or doubled.

    Args:
        platform: Where they are.
        request_ids: Which.
        stored: How often the store took an object of each name.
        status: How each of them must have ended.
    """
    heard = await _heard(platform)
    copies = [
        await _judge_request(platform, request_id, status, heard.get(str(request_id), Counter()))
        for request_id in request_ids
    ]
    rows = [await platform.row(request_id) for request_id in request_ids]
    for row in rows:
        await _judge_costs(platform, row, stored)
    return Found(
        ends=tuple(row.status for row in rows),
        claims=sum(row.claim_fence for row in rows),
        copies=max(copies, default=0),
        failed_attempts=sum(row.failed_attempts for row in rows),
    )


async def _judge_request(platform: Platform, request_id: UUID, status: str, heard: Heard) -> int:
    """Judge one request; return how often the platform heard of its end."""
    row = await platform.row(request_id)
    assert row.status == status, (row.status, row.error_class, row.error_message)
    assert (row.claimed_by, row.claim_expires_at) == (None, None), "a claim is stuck"
    ends = await platform.rows(
        "SELECT 1 FROM request_events WHERE request_id = :id AND kind = :status",
        id=request_id,
        status=status,
    )
    assert len(ends) == 1, "the row's history knows one end"
    assert len(heard) == 1, f"the platform hears of one end, however often: {heard}"
    (((kind, _), copies),) = heard.items()
    assert kind == f"content_request.{status}"
    letters = await platform.rows(
        "SELECT 1 FROM dead_letters WHERE request_id = :id AND replayed_at IS NULL", id=request_id
    )
    assert len(letters) == (status == "failed"), "one dead letter for what failed, else none"
    if status == "completed":
        await _judge_lesson(platform, row)
    return copies


async def _judge_lesson(platform: Platform, row: Any) -> None:
    """The row's manifest exists, and every file that it names is whole."""
    storage = platform.storage()
    manifest = json.loads(await storage.download(platform.bucket, row.manifest_object))
    assert manifest["fence"] <= row.claim_fence
    prefix = row.manifest_object.rpartition("/")[0]
    for file in manifest["files"]:
        content = await storage.download(platform.bucket, f"{prefix}/{file['name']}")
        assert hashlib.sha256(content).hexdigest() == file["sha256"], file["name"]
    assert set(row.objects) == {file["name"] for file in manifest["files"]}
    stages = await platform.rows(
        "SELECT status FROM request_stages WHERE request_id = :id", id=row.id
    )
    assert {stage.status for stage in stages} <= {"done", "reused"}


async def _judge_costs(platform: Platform, row: Any, stored: Counter[str]) -> None:
    """Every call that a provider saw has one settled charge, and the request their sum.

    Who was killed in a call may have made it or not: its charge is settled by its estimate, and
    marked so. Without such marks charges and calls are as many.
    """
    charges = await platform.rows("SELECT * FROM request_costs WHERE request_id = :id", id=row.id)
    assert {one.status for one in charges} <= {"settled", "void"}, "a charge is left open"
    assert row.cost_micros == sum(one.price_micros for one in charges)
    assert {one.price_micros for one in charges if one.status == "void"} <= {0}
    settled = [one for one in charges if one.status == "settled"]
    uploads = [one for one in settled if (one.stage, one.operation) == ("publish", "upload")]
    seen = sum(n for name, n in stored.items() if name.startswith(f"lessons/{row.id}/"))
    assumed = sum(one.is_assumed for one in uploads)
    assert len(uploads) - assumed <= seen <= len(uploads), (seen, uploads)
    if row.status == "completed":
        await _judge_making(platform, row, settled)


async def _judge_making(platform: Platform, row: Any, settled: Sequence[Any]) -> None:
    """What this request was the first to make, it has paid for."""
    paid = Counter((one.provider, one.operation) for one in settled)
    assert paid["curriculum", "match"] >= 1
    assert paid["curriculum", "write"] >= 1
    manifest = json.loads(await platform.storage().download(platform.bucket, row.manifest_object))
    made = manifest["reused"]
    assert paid["hibari", "speak"] >= made["sentences"]["made"]
    assert paid["renderer", "segment"] >= made["segments"]["made"]
    if "lesson.mp4" in row.objects:
        assert paid["renderer", "assemble"] >= 1
        assert paid["renderer", "poster"] >= 1


async def _heard(platform: Platform) -> dict[str, Heard]:
    """Return what the platform has heard of each request since the last look."""
    heard: dict[str, Heard] = {}
    # The topic holds every event when the outbox is empty; a page may leave some for the next.
    while page := await platform.seen("events", within=0.5):
        for body, attributes in page:
            event = (attributes["event_type"], attributes["event_id"])
            heard.setdefault(json.loads(body)["request_id"], Counter())[event] += 1
    return heard


async def judge_processes(workers: Iterable[WorkerProcess]) -> None:
    """No child of a process that has ended lives on."""
    for worker in workers:
        if worker.is_alive:
            continue
        family = list(worker.family.values())
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=5)
        assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


def judge_folder(temporary: Path, *, may_hold_workspaces: bool) -> None:
    """No temporary file is left; a killed worker's workspace is, until another one starts."""
    left = [file.name for file in temporary.iterdir()]
    if may_hold_workspaces:
        left = [name for name in left if not name.startswith("content-worker-")]
    assert left == []
