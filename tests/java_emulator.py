"""Google's Java emulator of Pub/Sub, where it is installed (google-cloud-cli-pubsub-emulator)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from worker.embedded.child_process import ChildCommand, ChildProcess
from worker.embedded.loopback import LOOPBACK, find_free_port

START_SECONDS = 30.0


def find_java_emulator() -> Path | None:
    """Return the launcher of Google's emulator, which stands beside gcloud; None without it."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    root = Path(gcloud).resolve().parents[1]
    launcher = root / "platform" / "pubsub-emulator" / "bin" / "cloud-pubsub-emulator"
    return launcher if launcher.exists() and shutil.which("java") else None


@asynccontextmanager
async def java_emulator(launcher: Path) -> AsyncIterator[str]:
    """Run Google's emulator within the block; yield its host and port."""
    host = f"{LOOPBACK}:{find_free_port()}"
    with tempfile.TemporaryDirectory(prefix="java-emulator-") as folder:
        command = ChildCommand(
            name="Google's Pub/Sub emulator",
            program=launcher,  # a script that becomes its java: it ends when this process does
            arguments=(f"--host={LOOPBACK}", f"--port={host.rpartition(':')[2]}"),
            folder=Path(folder),
            log_file=Path(folder) / "log",
        )
        child = ChildProcess.start(command)
        try:
            await _until_answers(host)
            yield host
        finally:
            await child.stop()


async def _until_answers(host: str) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://{host}/v1/projects/p/topics"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
