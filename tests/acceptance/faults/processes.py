"""Worker processes of a scenario, each behind proxies of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import make_url

from tests.acceptance.conftest import REPOSITORY
from tests.acceptance.faults.database_proxy import DatabaseProxy
from tests.acceptance.faults.http_proxy import HttpProxy, name_pubsub_call, name_storage_call
from tests.acceptance.faults.script import Cut, Fault, Script
from tests.platform import Platform

PATIENCE = 200.0
"""Seconds for whatever must happen; the machine may be busy."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """What stands between one process and its servers."""

    script: Script
    database: DatabaseProxy
    broker: HttpProxy
    store: HttpProxy

    @classmethod
    async def start(cls, platform: Platform) -> Proxies:
        """Listen before each server of a platform."""
        script, url = Script(), make_url(platform.url)
        assert url.host is not None
        proxies = cls(
            script,
            DatabaseProxy(url.host, url.port or 5432, script),
            HttpProxy(f"http://{platform.pubsub_host}", script, name_pubsub_call),
            HttpProxy(platform.storage_url, script, name_storage_call),
        )
        for one in (proxies.database, proxies.broker, proxies.store):
            await one.start()
        return proxies

    async def stop(self) -> None:
        """Close every connection."""
        for one in (self.database, self.broker, self.store):
            await one.stop()

    def environ(self, platform: Platform) -> dict[str, str]:
        """Return the settings that lead through the proxies."""
        through = make_url(platform.url).set(host="127.0.0.1", port=self.database.port)
        return {
            "DATABASE_URL": through.render_as_string(hide_password=False),
            "PUBSUB_EMULATOR_HOST": self.broker.host,
            "STORAGE_EMULATOR_HOST": f"http://{self.store.host}",
        }


@dataclass(slots=True)
class WorkerProcess:
    """One `python -m worker` of a scenario.

    Attributes:
        settings: What it was started with beside the platform's environment.
        family: The process and every child it has been seen with.
    """

    process: asyncio.subprocess.Process
    log_file: Path
    proxies: Proxies
    settings: Mapping[str, str]
    family: dict[int, psutil.Process] = field(default_factory=dict)

    @property
    def script(self) -> Script:
        """What goes wrong for this process."""
        return self.proxies.script

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    def note_family(self) -> None:
        """Remember the children that live now."""
        parent = psutil.Process(self.process.pid)
        for one in (parent, *parent.children(recursive=True)):
            self.family[one.pid] = one

    async def kill(self) -> Fault:
        """Kill it as the machine does, and let the call that it is in break off."""
        self.note_family()
        self.process.kill()
        return Cut()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self.process.send_signal(number)

    def log(self) -> list[dict[str, Any]]:
        """Return what it has logged."""
        lines = self.log_file.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def has_logged(self, message: str) -> bool:
        """Whether it has logged a message."""
        return any(line.get("message") == message for line in self.log())

    async def until_logged(self, message: str, seconds: float = PATIENCE, times: int = 1) -> None:
        """Wait until it has logged a message."""
        async with asyncio.timeout(seconds):
            while sum(line.get("message") == message for line in self.log()) < times:
                assert self.is_alive, self.log_file.read_text("utf-8")
                await asyncio.sleep(0.02)

    async def ends(self, seconds: float = PATIENCE) -> int:
        """Wait for its end, and return its exit code."""
        code = await asyncio.wait_for(self.process.wait(), seconds)
        await self.proxies.stop()
        return code

    async def drain(self) -> int:
        """Ask it to stop, and return its exit code."""
        if self.is_alive:
            self.note_family()
            self.send(signal.SIGTERM)
        return await self.ends()

    async def remove(self) -> None:
        """Kill it if it lives: the scenario is over, however it went."""
        if self.is_alive:
            self.process.kill()
        await self.ends()


async def start_process(
    platform: Platform, folder: Path, number: int, arguments: tuple[str, ...], **settings: str
) -> WorkerProcess:
    """Start `python -m worker` on a platform, behind proxies.

    Args:
        platform: What it works for.
        folder: Where its log and its temporary files go.
        number: Names the log.
        arguments: Of the command line.
        settings: Environment variables beside the platform's.
    """
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    log_file = folder / f"worker-{number}.log"
    proxies = await Proxies.start(platform)
    environ = platform.environ | proxies.environ(platform)
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker", *arguments),
            env=environ | {"TMPDIR": str(temporary)} | settings,
            cwd=REPOSITORY,
            stdout=log,
            stderr=log,
        )
    return WorkerProcess(process, log_file, proxies, settings)
