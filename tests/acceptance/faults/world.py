"""One scenario's world: a platform, the proxies before its servers, the workers, the verdict."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
from sqlalchemy import make_url

from tests.acceptance.conftest import REPOSITORY
from tests.acceptance.faults.database_proxy import DatabaseProxy
from tests.acceptance.faults.http_proxy import HttpProxy, name_pubsub_call, name_storage_call
from tests.acceptance.faults.script import Cut, Fault, Script
from tests.integration.embedded.turned_clock import TurnedClock
from tests.platform import Platform
from worker.embedded.pubsub_server import PubsubServer

LEASE_PASSED_SECONDS = 700.0
"""More than any ack deadline or claim lasts: turning the clocks so far ends them all."""


@dataclass(slots=True)
class WorkerProcess:
    """One `python -m worker` of a scenario.

    Attributes:
        family: The process and every child it has been seen with.
    """

    process: asyncio.subprocess.Process
    log_file: Path
    family: dict[int, psutil.Process] = field(default_factory=dict)

    def note_family(self) -> None:
        """Remember the children that live now."""
        parent = psutil.Process(self.process.pid)
        for one in (parent, *parent.children(recursive=True)):
            self.family[one.pid] = one

    async def kill(self) -> Fault:  # noqa: RUF029  # an act of a script
        """Kill it as the machine does, and let the call that it is in break off."""
        self.note_family()
        self.process.kill()
        return Cut()

    def log(self) -> list[dict[str, Any]]:
        """Return what it has logged."""
        lines = self.log_file.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def until_logged(self, message: str, seconds: float = 60.0) -> None:
        """Wait until it has logged a message."""
        async with asyncio.timeout(seconds):
            while not any(line.get("message") == message for line in self.log()):
                assert self.process.returncode is None, self.log_file.read_text("utf-8")
                await asyncio.sleep(0.02)

    async def drain(self) -> int:
        """Ask it to stop, and return its exit code."""
        if self.process.returncode is None:
            self.note_family()
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)


@dataclass(slots=True)
class World:
    """Everything around the workers of one scenario.

    Attributes:
        folder: Where workers keep temporary files and logs.
    """

    platform: Platform
    broker: PubsubServer
    clock: TurnedClock
    folder: Path
    script: Script = field(default_factory=Script)
    database: DatabaseProxy | None = None
    workers: list[WorkerProcess] = field(default_factory=list)

    @asynccontextmanager
    async def worker(self, *, faulty: bool, **settings: str) -> AsyncIterator[WorkerProcess]:
        """Start a worker; a faulty one reaches its servers through the proxies."""
        async with self._environ(faulty=faulty) as environ:
            number = len(self.workers)
            log_file = self.folder / f"worker-{number}.log"
            temporary = self.folder / "tmp"
            temporary.mkdir(exist_ok=True)
            with log_file.open("wb") as log:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "worker", "--forever"),
                    env=dict(environ) | {"TMPDIR": str(temporary)} | settings,
                    cwd=REPOSITORY,
                    stdout=log,
                    stderr=log,
                )
            worker = WorkerProcess(process, log_file)
            self.workers.append(worker)
            try:
                yield worker
            finally:
                if process.returncode is None:
                    worker.note_family()
                    process.kill()
                    await process.wait()

    @asynccontextmanager
    async def _environ(self, *, faulty: bool) -> AsyncIterator[Mapping[str, str]]:
        environ = self.platform.environ | {
            "WORKER_SLOTS": "1",
            "WORKER_RENDERS": "1",
            "WORKER_RETRY_SECONDS": "0.1",
        }
        if not faulty:
            yield environ
            return
        url = make_url(self.platform.url)
        assert url.host is not None
        database = self.database = DatabaseProxy(url.host, url.port or 5432, self.script)
        broker = HttpProxy(f"http://{self.platform.pubsub_host}", self.script, name_pubsub_call)
        store = HttpProxy(self.platform.storage_url, self.script, name_storage_call)
        proxies = (database, broker, store)
        try:
            for proxy in proxies:
                await proxy.start()
            through = url.set(host="127.0.0.1", port=database.port)
            yield environ | {
                "DATABASE_URL": through.render_as_string(hide_password=False),
                "PUBSUB_EMULATOR_HOST": broker.host,
                "STORAGE_EMULATOR_HOST": f"http://{store.host}",
            }
        finally:
            for proxy in proxies:
                await proxy.stop()

    async def until_killed(self, worker: WorkerProcess, seconds: float = 60.0) -> None:
        """Wait until the script has killed the worker."""
        try:
            await asyncio.wait_for(self.script.happened.wait(), seconds)
        except TimeoutError:
            pytest.fail(self.story("never came to the point"))
        assert await worker.process.wait() == -signal.SIGKILL

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

    async def until_settled(self, request_id: UUID | None, seconds: float = 90.0) -> None:
        """Wait until the request is ended, the outbox empty and the subscription too."""
        try:
            async with asyncio.timeout(seconds):
                while not await self._is_settled(request_id):
                    if all(one.process.returncode is not None for one in self.workers):
                        pytest.fail(self.story("no worker lives"))
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(self.story("never settled"))

    def story(self, what: str) -> str:
        """Tell what the workers did, for a failed test."""
        logs = [worker.log_file.read_text("utf-8") for worker in self.workers]
        trail = ", ".join(map(str, self.script.trail))
        return "\n".join([what, f"passed: {trail}", *logs])

    async def _is_settled(self, request_id: UUID | None) -> bool:
        if request_id is not None and (await self.platform.row(request_id)).completed_at is None:
            return False
        waiting = await self.platform.rows("SELECT 1 FROM outbox WHERE published_at IS NULL")
        return not waiting and not self._outstanding()

    def _outstanding(self) -> int:
        """Return how many messages of the worker's subscription are not acknowledged."""
        registry = self.broker.broker.registry
        return len(registry.subscription(self.platform.subscription_path).backlog)

    async def judge(self, request_id: UUID, *, failed_attempts: int = 0) -> None:
        """Hold the world to the promise: the request done, once, and nothing left behind."""
        row = await self.platform.row(request_id)
        assert row.status == "completed", (row.status, row.error_class, row.error_message)
        assert (row.claimed_by, row.claim_expires_at) == (None, None), "a claim is stuck"
        assert row.failed_attempts == failed_attempts, row.error_message
        await self._judge_objects(row)
        await self._judge_events(row)
        stages = await self.platform.rows("SELECT stage, status FROM request_stages")
        assert {stage.status for stage in stages} <= {"done", "reused"}
        assert await self.platform.rows("SELECT * FROM dead_letters") == []
        await self.judge_leftovers()

    async def _judge_objects(self, row: Any) -> None:
        """The row's manifest exists, and every file that it names is whole."""
        storage = self.platform.storage()
        manifest = json.loads(await storage.download(self.platform.bucket, row.manifest_object))
        assert manifest["fence"] <= row.claim_fence
        prefix = row.manifest_object.rpartition("/")[0]
        for file in manifest["files"]:
            content = await storage.download(self.platform.bucket, f"{prefix}/{file['name']}")
            assert hashlib.sha256(content).hexdigest() == file["sha256"], file["name"]
        assert set(row.objects) == {file["name"] for file in manifest["files"]}

    async def _judge_events(self, row: Any) -> None:
        """The platform hears of one ending, however often."""
        heard = Counter(
            (attributes["event_type"], attributes["event_id"])
            for _, attributes in await self.platform.seen("events")
        )
        assert len(heard) == 1, heard
        ((kind, _),) = heard
        assert kind == "content_request.completed"
        ends = await self.platform.rows(
            "SELECT 1 FROM request_events WHERE request_id = :id AND kind = 'completed'", id=row.id
        )
        assert len(ends) == 1

    async def judge_leftovers(self) -> None:
        """No message waits, no process lives, no temporary file is left."""
        assert self._outstanding() == 0
        for worker in self.workers:
            assert worker.process.returncode is not None
            _, alive = await asyncio.to_thread(
                psutil.wait_procs, list(worker.family.values()), timeout=5
            )
            assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
        assert os.listdir(self.folder / "tmp") == []  # noqa: PTH208  # names, for the message
