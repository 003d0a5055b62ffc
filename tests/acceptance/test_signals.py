"""Signals to the real process, and what the database, the broker and the bucket show after."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from sqlalchemy import make_url

from tests.acceptance.logged_worker import LoggedWorker, logged_worker
from tests.platform import Platform

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


async def until(holds: Callable[[], Awaitable[object]], seconds: float = 200.0) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110  # another process sets no event here
            await asyncio.sleep(0.1)


async def ask(platform: Platform, modality: str = "text") -> UUID:
    """Write a row and publish its message."""
    request_id = await platform.add_request(
        requested_modalities=[modality], requested_duration_seconds=45
    )
    await platform.publish(platform.message(request_id, requested_modalities=[modality]))
    return request_id


def in_status(
    platform: Platform, request_id: UUID, *statuses: str
) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return (await platform.row(request_id)).status in statuses

    return holds


async def readiness(worker: LoggedWorker) -> tuple[int, dict[str, Any]]:
    port = worker.said("starting")[0]["health_port"]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/readyz") as answer,
    ):
        return answer.status, await answer.json()


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """Listen on a port, take every connection, and never say a word."""
    ended = asyncio.Event()

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        ended.set()
        server.close()
        await server.wait_closed()


async def test_sigterm_during_the_preflight_ends_it_at_once_and_pulls_nothing(
    platform: Platform,
) -> None:
    """A check that hangs would otherwise last 30 s: longer than Cloud Run waits."""
    await ask(platform)
    async with silent_server() as port:
        url = make_url(platform.url).set(host="127.0.0.1", port=port)
        away = {"DATABASE_URL": url.render_as_string(hide_password=False)}
        async with logged_worker(platform.environ | away) as worker:
            await worker.says("starting")
            worker.send(signal.SIGTERM)
            assert await asyncio.wait_for(worker.ends(), 20) == 0
    assert not worker.said("ready")
    assert await platform.backlog() == 1


async def test_sigterm_while_the_worker_is_still_imported_is_answered(platform: Platform) -> None:
    """As a container's first process it would otherwise miss it, and go on to pull."""
    await ask(platform)
    async with logged_worker(platform.environ) as worker:
        held_back = 1 << (signal.SIGTERM - 1)
        async with asyncio.timeout(60):
            while not blocked_signals(worker.process.pid) & held_back:  # noqa: ASYNC110  # as in `until`
                await asyncio.sleep(0.001)
        worker.send(signal.SIGTERM)
        assert await asyncio.wait_for(worker.ends(), 60) == 0
    assert worker.said("drain_requested")
    assert not worker.said("ready")
    assert await platform.backlog() == 1


def blocked_signals(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("SigBlk:")]
    return int(line.partition(":")[2], 16)


async def test_sigtstp_pauses_the_pull_and_sigcont_goes_on(platform: Platform) -> None:
    async with logged_worker(platform.environ) as worker:
        await worker.says("ready")
        in_flight = await ask(platform, "video")
        await until(in_status(platform, in_flight, "narrating", "generating_video"))
        worker.send(signal.SIGTSTP)
        await worker.says("pull_paused")
        assert await readiness(worker) == (503, {"status": "paused", "out_of_reach": []})
        later = await ask(platform)
        await until(in_status(platform, in_flight, "completed"))
        assert (await platform.row(later)).claim_fence == 0
        assert await platform.backlog() == 1, "nothing is leased while the pull is paused"
        worker.send(signal.SIGCONT)
        await worker.says("pull_resumed")
        await until(in_status(platform, later, "completed"))
        assert await readiness(worker) == (200, {"status": "ready", "out_of_reach": []})
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0


async def test_sigterm_while_paused_drains(platform: Platform) -> None:
    async with logged_worker(platform.environ) as worker:
        await worker.says("ready")
        worker.send(signal.SIGTSTP)
        await worker.says("pull_paused")
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0


async def test_a_drain_gives_unfinished_work_to_another_worker_at_once(
    platform: Platform,
) -> None:
    """With a fresh message: the broker counts no further delivery attempt."""
    request_id = await ask(platform, "video")
    limits = {"WORKER_SHUTDOWN_GRACE": "0.5"}
    async with logged_worker(platform.environ | limits) as worker:
        await until(in_status(platform, request_id, "narrating", "generating_video"))
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0, worker.text
    row = await platform.row(request_id)
    assert (row.status, row.claimed_by, row.failed_attempts) == ("pending", None, 0)
    (copy,) = await platform.rows("SELECT * FROM outbox")
    assert (copy.topic, copy.published_at is not None) == (platform.topic, True)
    async with logged_worker(platform.environ) as second:
        await second.says("delivery_settled")
        second.send(signal.SIGTERM)
        assert await second.ends() == 0
    (settled,) = second.said("delivery_settled")
    assert (settled["request_id"], settled["status"]) == (str(request_id), "completed")
    assert settled["delivery_attempt"] == 1
    assert await platform.backlog() == 0, "the message that was pulled first is acked"


async def test_work_that_ends_within_the_grace_is_finished(platform: Platform) -> None:
    request_id = await ask(platform, "video")
    async with logged_worker(platform.environ | {"WORKER_SHUTDOWN_GRACE": "120"}) as worker:
        await until(in_status(platform, request_id, "narrating", "generating_video"))
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0
    assert (await platform.row(request_id)).status == "completed"
    ((_, event),) = await platform.seen("events")
    assert event["event_type"] == "content_request.completed", "the outbox has left"


async def test_a_second_signal_does_not_wait_for_the_grace(platform: Platform) -> None:
    request_id = await ask(platform, "video")
    async with logged_worker(platform.environ | {"WORKER_SHUTDOWN_GRACE": "3600"}) as worker:
        await until(in_status(platform, request_id, "narrating", "generating_video"))
        worker.send(signal.SIGTERM)
        await worker.says("draining")
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0
    row = await platform.row(request_id)
    assert (row.status, row.claimed_by) == ("pending", None)
    (copy,) = await platform.rows("SELECT * FROM outbox")
    assert copy.topic == platform.topic, "the next worker lets it leave"


async def test_a_worker_that_was_held_still_past_its_claim_changes_nothing(
    platform: Platform,
) -> None:
    """SIGSTOP in the middle of a request; another worker finishes it; SIGCONT."""
    environ = platform.environ | {"WORKER_LEASE_SECONDS": "10"}
    request_id = await ask(platform, "video")
    async with logged_worker(environ) as first:
        await until(in_status(platform, request_id, "narrating", "generating_video"))
        first.send(signal.SIGSTOP)
        async with logged_worker(environ) as second:
            await until(in_status(platform, request_id, "completed"), 200)
            # Its outbox has left, and it has nothing more to write.
            second.send(signal.SIGTERM)
            assert await second.ends() == 0
        before = await state_of(platform, request_id)
        first.send(signal.SIGCONT)
        settled = await first.says("delivery_settled")
        assert (settled["settlement"], settled["status"]) == ("leave", None)
        assert await state_of(platform, request_id) == before
        first.send(signal.SIGTERM)
        assert await first.ends() == 0
    assert await state_of(platform, request_id) == before
    events = await platform.seen("events")
    assert len({event["event_id"] for _, event in events}) == 1


async def state_of(platform: Platform, request_id: UUID) -> tuple[object, ...]:
    """Return everything that counts of a request: row, history, outbox, and its objects."""
    row = await platform.row(request_id)
    history = await platform.rows(
        "SELECT * FROM request_events WHERE request_id = :id ORDER BY id", id=request_id
    )
    outbox = await platform.rows("SELECT * FROM outbox WHERE request_id = :id", id=request_id)
    prefix = row.manifest_object.rsplit("/", maxsplit=1)[0]
    storage = platform.storage()
    listed = await storage.list_objects(platform.bucket, params={"prefix": prefix})
    objects = sorted((item["name"], item["generation"]) for item in listed["items"])
    return row, history, outbox, objects
