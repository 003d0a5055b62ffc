"""A worker process whose log a test reads while it runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.acceptance.conftest import worker_process

PATIENCE = 200.0


@dataclass(slots=True)
class LoggedWorker:
    """One `python -m worker --forever`, and every line that it has logged."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        """Read the log until the process closes it; a line that is no JSON is kept as text."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.text += line.decode()
            if line.startswith(b"{"):
                self.lines.append(json.loads(line))
            async with self._came:
                self._came.notify_all()

    def said(self, message: str) -> list[dict[str, Any]]:
        """Return the lines with this message."""
        return [line for line in self.lines if line["message"] == message]

    async def says(self, message: str, times: int = 1) -> dict[str, Any]:
        """Wait for a line, and return it.

        Raises:
            TimeoutError: It did not come.
        """
        async with asyncio.timeout(PATIENCE), self._came:
            await self._came.wait_for(lambda: len(self.said(message)) >= times)
        return self.said(message)[times - 1]

    def send(self, number: int) -> None:
        """Send a signal to the process alone."""
        self.process.send_signal(number)

    async def ends(self) -> int:
        """Wait for the process to end by itself, and return its exit code.

        Raises:
            TimeoutError: It did not end.
        """
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@asynccontextmanager
async def logged_worker(environ: Mapping[str, str]) -> AsyncIterator[LoggedWorker]:
    """Run a worker within the block; it is killed at the end if it still lives."""
    async with worker_process("--forever", environ=environ) as process:
        worker = LoggedWorker(process)
        listening = asyncio.create_task(worker.listen())
        try:
            yield worker
        finally:
            if process.returncode is None:
                process.kill()
            await listening
            print(worker.text)  # noqa: T201  # pytest shows it beside a failure
