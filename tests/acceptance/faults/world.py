"""One world of scenarios: a platform, the workers on it, their clocks, and the verdict."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.acceptance.faults.processes import PATIENCE, WorkerProcess, start_process
from tests.acceptance.faults.record import Found, Scenario, keep
from tests.acceptance.faults.script import Point
from tests.acceptance.faults.verdict import judge_folder, judge_processes, judge_requests
from tests.integration.embedded.turned_clock import TurnedClock
from tests.platform import Platform
from worker.embedded.pubsub_server import PubsubServer

LEASE_PASSED_SECONDS = 700.0
"""More than any ack deadline or claim lasts: turning the clocks so far ends them all."""

USUAL = {
    "WORKER_SLOTS": "1",
    "WORKER_RENDERS": "1",
    "WORKER_RETRY_SECONDS": "0.1",
    "WORKER_SHUTDOWN_GRACE": "0.2",
    "WORKER_BREAKER_SECONDS": "1",
    "WORKER_BROKER_TIMEOUT": "2",
}
"""One request at a time, so that a point is always the same; short waits."""


@dataclass(slots=True)
class World:
    """Everything around the workers of some scenarios, which follow one another.

    A worker that one scenario leaves alive serves the next: it starts in seconds, and there are
    many scenarios.

    Attributes:
        folder: Where workers keep temporary files and logs.
        scenario: What is being done; the verdict is recorded under it.
        is_spoiled: The last scenario has not come to its verdict.
    """

    platform: Platform
    broker: PubsubServer
    clock: TurnedClock
    folder: Path
    workers: list[WorkerProcess] = field(default_factory=list)
    scenario: Scenario | None = None
    is_spoiled: bool = False

    def begin(self, chapter: str, done: str, where: str) -> None:
        """Begin a scenario."""
        self.scenario = Scenario(chapter, done, where)

    @property
    def living(self) -> list[WorkerProcess]:
        """The workers that have not ended."""
        return [one for one in self.workers if one.is_alive]

    async def worker(self, **settings: str) -> WorkerProcess:
        """Return a worker that is ready: the one that is left, or a new one."""
        wanted = USUAL | settings
        for one in self.living:
            if dict(one.settings) == wanted:
                one.script.begin()
                return one
            assert await one.drain() == 0, one.log_file.read_text("utf-8")
        return await self.another_worker(**settings)

    async def another_worker(self, **settings: str) -> WorkerProcess:
        """Start one more worker, and wait until it is ready."""
        worker = await self.run("--forever", **settings)
        await worker.until_logged("ready")
        return worker

    async def run(self, *arguments: str, **settings: str) -> WorkerProcess:
        """Start a command."""
        number = len(self.workers)
        worker = await start_process(
            self.platform, self.folder, number, arguments, **(USUAL | settings)
        )
        self.workers.append(worker)
        return worker

    @asynccontextmanager
    async def held_still(self, worker: WorkerProcess) -> AsyncIterator[None]:
        """Let a worker do nothing at all within the block; it holds no message meanwhile."""
        worker.note_family()
        paused = sum(line.get("message") == "pull_paused" for line in worker.log())
        worker.send(signal.SIGTSTP)
        await worker.until_logged("pull_paused", times=paused + 1)
        worker.send(signal.SIGSTOP)
        try:
            yield
        finally:
            worker.send(signal.SIGCONT)

    async def forget_cache(self) -> None:
        """Delete the cached sentences and segments: what is made next is made anew."""
        storage = self.platform.storage()
        for name in await self.platform.object_names("cache/"):
            await storage.delete(self.platform.bucket, name)

    async def forget_day(self) -> None:
        """Delete the day's totals: the next charge is the first of a day."""
        await self.platform.rows("DELETE FROM daily_costs")

    async def ask(self, modality: str = "text", **columns: Any) -> UUID:
        """Write a request's row and publish its message."""
        request_id = await self.platform.add_request(
            requested_modalities=[modality], requested_duration_seconds=45, **columns
        )
        message = self.platform.message(request_id, requested_modalities=[modality])
        await self.platform.publish(message)
        return request_id

    async def until_killed(self, worker: WorkerProcess) -> None:
        """Wait until the script has killed the worker."""
        await self.until_happened(worker)
        assert await worker.ends() == -signal.SIGKILL

    async def until_happened(self, worker: WorkerProcess) -> None:
        """Wait until all that a worker's script planned has happened."""
        try:
            await asyncio.wait_for(worker.script.happened.wait(), PATIENCE)
        except TimeoutError:
            pytest.fail(self.story("never came to the point"))

    async def until_passed(self, worker: WorkerProcess, point: Point) -> None:
        """Wait until a worker has come to a point."""
        async with asyncio.timeout(PATIENCE):
            while point not in worker.script.trail:  # noqa: ASYNC110  # the proxies set no event
                await asyncio.sleep(0.02)

    async def until_ended(self, request_id: UUID) -> None:
        """Wait until a request has ended; its messages may still be on their way."""
        async with asyncio.timeout(PATIENCE):
            while (await self.platform.row(request_id)).completed_at is None:  # noqa: ASYNC110  # another process sets no event
                await asyncio.sleep(0.05)

    async def pass_time(self, seconds: float = LEASE_PASSED_SECONDS) -> None:
        """Let so much time have passed, by the broker's clock and by the database's rows."""
        self.clock.turn(seconds)
        later = f"interval '{seconds} seconds'"
        await self.platform.rows(
            f"UPDATE content_requests SET claim_expires_at = claim_expires_at - {later}"  # noqa: S608  # a number
        )
        await self.platform.rows(
            f"UPDATE outbox SET available_at = available_at - {later}"  # noqa: S608  # a number
        )
        self.broker.broker.advance()
        # Waiting pulls look again when something is published, whatever it is.
        await self.platform.publish_to("tick", b"tick")

    async def until_settled(self, *request_ids: UUID, seconds: float = PATIENCE) -> None:
        """Wait until the requests are ended, the outbox empty and the subscription too."""
        try:
            async with asyncio.timeout(seconds):
                while not await self._are_settled(request_ids):
                    if not self.living:
                        pytest.fail(self.story("no worker lives"))
                    await asyncio.sleep(0.03)
        except TimeoutError:
            pytest.fail(self.story("never settled"))

    async def is_settled_within(self, seconds: float, *request_ids: UUID) -> bool:
        """Wait for so long that everything is settled; tell whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not await self._are_settled(request_ids):  # noqa: ASYNC110  # other processes set no event
                    await asyncio.sleep(0.1)
                return True
        return False

    async def _are_settled(self, request_ids: Sequence[UUID]) -> bool:
        waiting = await self.platform.rows(
            "SELECT 1 FROM content_requests WHERE id = ANY(:ids) AND completed_at IS NULL "
            "UNION ALL SELECT 1 FROM outbox WHERE published_at IS NULL",
            ids=list(request_ids),
        )
        return not waiting and not self._outstanding()

    def _outstanding(self) -> int:
        """Return how many messages of the worker's subscription are not acknowledged."""
        registry = self.broker.broker.registry
        return len(registry.subscription(self.platform.subscription_path).backlog)

    def story(self, what: str) -> str:
        """Tell what the workers did, for a failed test."""
        told = [what]
        for worker in self.workers:
            told.append(", ".join(map(str, worker.script.trail)))
            told.append(worker.log_file.read_text("utf-8"))
        return "\n".join(told)

    async def judge(
        self, *request_ids: UUID, status: str = "completed", failed_attempts: int | None = 0
    ) -> Found:
        """Hold the world to the promise, and record what was found.

        Args:
            request_ids: The requests of the scenario.
            status: How each must have ended.
            failed_attempts: What may be counted against them; None for any number.
        """
        stored: Counter[str] = sum((one.script.stored for one in self.workers), Counter())
        found = await judge_requests(self.platform, request_ids, stored, status=status)
        if failed_attempts is not None:
            assert found.failed_attempts == failed_attempts
        assert self._outstanding() == 0
        await judge_processes(self.workers)
        judge_folder(self.folder / "tmp", may_hold_workspaces=True)
        if self.scenario is not None:
            keep(self.scenario, found)
        self.is_spoiled = False
        return found

    async def end(self) -> None:
        """Drain what lives; nothing at all may be left then."""
        for worker in self.living:
            assert await worker.drain() == 0, worker.log_file.read_text("utf-8")
        await judge_processes(self.workers)
        judge_folder(self.folder / "tmp", may_hold_workspaces=False)


@asynccontextmanager
async def world_on(platform: Platform, folder: Path) -> AsyncIterator[World]:
    """Put a broker of the world's own before a platform, with a clock that can be turned."""
    clock = TurnedClock()
    broker = PubsubServer(clock=clock.clock)
    host = await broker.start()
    world = World(replace(platform, pubsub_host=host), broker, clock, folder)
    try:
        await world.platform.prepare()
        yield world
    finally:
        for worker in world.workers:
            await worker.remove()
        await broker.stop()
