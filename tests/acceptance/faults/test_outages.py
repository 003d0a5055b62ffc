"""What surrounds a worker breaks under it: PostgreSQL, the disk, a child, its lease, the clocks."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.acceptance.faults.script import Fault, Hold, Point, always
from tests.acceptance.faults.world import World, world_on
from tests.platform import Platform, on_asyncpg
from worker.bootstrap import migrate_database
from worker.embedded.loopback import find_free_port
from worker.embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.acceptance

CHAPTER = "Something breaks under a worker that goes on"
IN_THE_MIDDLE = Point("upload manifest.json", "before")


@asynccontextmanager
async def own_postgres(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """Run a PostgreSQL that is started again on its own port."""
    port = find_free_port()
    postgres = EmbeddedPostgres(fsync=False, find_port=lambda: port)
    await postgres.start(folder)
    try:
        await migrate_database(postgres.url)
        yield postgres
    finally:
        await postgres.stop()


@pytest.mark.parametrize("how", ["restarted", "crashed and restarted"])
async def test_postgres_is_restarted_in_the_middle_of_a_request(
    platform: Platform, tmp_path: Path, how: str
) -> None:
    async with own_postgres(tmp_path / "postgres") as postgres:
        engine = create_async_engine(on_asyncpg(postgres.url), poolclass=NullPool)
        own = replace(platform.renamed(f"{platform.name}p"), url=postgres.url, engine=engine)
        folder = tmp_path / "world"
        folder.mkdir()
        async with world_on(own, folder) as world:
            world.begin(CHAPTER, f"PostgreSQL is {how}", str(IN_THE_MIDDLE))
            worker = await world.worker()
            worker.script.plan(IN_THE_MIDDLE, always(Hold(1)))
            request_id = await world.ask()
            await world.until_passed(worker, IN_THE_MIDDLE)
            if how == "restarted":
                await postgres.stop()
            else:
                assert postgres.child is not None
                os.kill(postgres.child.pid, signal.SIGQUIT)
                await postgres.child.wait(30)
            await postgres.start(tmp_path / "postgres")
            await world.until_ended(request_id)
            await world.pass_time()
            await world.until_settled(request_id)
            found = await world.judge(request_id, failed_attempts=None)
            assert found.failed_attempts <= 1
            await world.end()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 4 MB on a folder.

    Skips where the test may not mount.
    """
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0777", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        pytest.skip("there is no mount command")
    if mounted.returncode:
        pytest.skip("this account may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607  # as it is found


async def test_the_disk_is_full_for_a_while(world: World, tmp_path: Path) -> None:
    world.begin(CHAPTER, "the disk is full (a tmpfs of 4 MB), then is not", "after claim")
    with small_disk(tmp_path / "disk") as disk:
        worker = await world.worker(TMPDIR=str(disk), WORKER_RETRY_SECONDS="2")
        filler = disk / "filler"
        fill(filler)
        request_id = await world.ask()
        await until_an_attempt_failed(world, request_id)
        filler.unlink()
        await world.until_settled(request_id)
        assert await worker.drain() == 0
        assert await asyncio.to_thread(os.listdir, disk) == []
    found = await world.judge(request_id, failed_attempts=None)
    assert found.failed_attempts >= 1


def fill(filler: Path) -> None:
    """Write until there is no room."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


async def until_an_attempt_failed(world: World, request_id: UUID) -> None:
    async with asyncio.timeout(60):
        while not await world.platform.rows(  # noqa: ASYNC110  # another process sets no event
            "SELECT 1 FROM request_events WHERE request_id = :id AND kind = 'attempt_failed'",
            id=request_id,
        ):
            await asyncio.sleep(0.05)


async def test_no_file_may_grow_for_a_while(world: World) -> None:
    """As a quota does it; the narration of a lesson needs more."""
    limit = 200_000
    world.begin(
        CHAPTER, f"no file may exceed {limit} bytes (RLIMIT_FSIZE), then may", "audio lesson"
    )
    worker = await world.worker(WORKER_RETRY_SECONDS="2")
    worker.note_family()
    before = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
    for pid in worker.family:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, before[1]))
    request_id = await world.ask("audio")
    await until_an_attempt_failed(world, request_id)
    for pid in worker.family:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    await world.until_settled(request_id)
    found = await world.judge(request_id, failed_attempts=None)
    assert found.failed_attempts >= 1


async def test_a_render_child_is_killed(world: World) -> None:
    world.begin(CHAPTER, "SIGKILL to the render child", "after upload a segment")
    await world.forget_cache()
    worker = await world.worker()

    async def kill_child() -> Fault | None:
        worker.note_family()
        for one in psutil.Process(worker.process.pid).children():
            if "spawn_main" in " ".join(one.cmdline()):
                one.kill()
        return None

    worker.script.plan(Point("upload a segment", "after"), kill_child)
    request_id = await world.ask("video")
    await world.until_happened(worker)
    await world.until_settled(request_id)
    await world.judge(request_id, failed_attempts=1)


async def test_a_worker_held_still_beyond_its_lease_changes_nothing_after(world: World) -> None:
    beyond = "SIGSTOP beyond the lease, SIGCONT when another is done"
    world.begin(CHAPTER, beyond, str(IN_THE_MIDDLE))
    still = await world.worker()

    async def stop() -> Fault | None:
        still.send(signal.SIGSTOP)
        return Hold(0.5)

    still.script.plan(IN_THE_MIDDLE, stop)
    request_id = await world.ask()
    await world.until_happened(still)
    await world.pass_time()
    other = await world.another_worker()
    await world.until_ended(request_id)
    still.send(signal.SIGCONT)
    await still.until_logged("delivery_settled")
    await world.until_settled(request_id)
    assert await other.drain() == 0
    found = await world.judge(request_id)
    assert found.claims == 2


async def test_a_message_comes_five_times_at_once_to_two_workers(world: World) -> None:
    world.begin(CHAPTER, "the message is delivered five times at once", "two workers, 4 slots each")
    workers = [await world.worker(WORKER_SLOTS="4")]
    workers.append(await world.another_worker(WORKER_SLOTS="4"))
    request_id = await world.platform.add_request()
    message = world.platform.message(request_id)
    await asyncio.gather(*(world.platform.publish(message) for _ in range(5)))
    await world.until_ended(request_id)
    # The copies that came while it was claimed are parked until the claim would have ended.
    await world.pass_time()
    await world.until_settled(request_id)
    for worker in workers:
        assert await worker.drain() == 0
    found = await world.judge(request_id)
    assert (found.claims, found.copies) == (1, 1)


@pytest.mark.parametrize("hours", [1, -1])
async def test_the_clocks_jump_in_the_middle(world: World, hours: int) -> None:
    """Forward: leases and claims seem long over. Back: the database's claims seem to last."""
    jump = f"the clocks jump {abs(hours)} h {'forward' if hours > 0 else 'back'}"
    world.begin(CHAPTER, jump, str(IN_THE_MIDDLE))
    worker = await world.worker()
    worker.script.plan(IN_THE_MIDDLE, always(Hold(4)))
    other = await world.another_worker()
    async with world.held_still(other):
        request_id = await world.ask()
        await world.until_passed(worker, IN_THE_MIDDLE)
    if hours > 0:
        await world.pass_time(3600)
    else:
        await world.platform.rows(
            "UPDATE content_requests SET claim_expires_at = claim_expires_at + interval '1 hour'"
        )
    await world.until_ended(request_id)
    await world.pass_time()
    await world.until_settled(request_id)
    assert await other.drain() == 0
    found = await world.judge(request_id)
    assert found.claims == (2 if hours > 0 else 1)
