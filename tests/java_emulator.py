"""Google's Java emulator of Pub/Sub, where it is installed (google-cloud-cli-pubsub-emulator)."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

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
    command = [str(launcher), f"--host={LOOPBACK}", f"--port={host.rpartition(':')[2]}"]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # the launcher is a script: its java is ended by the group
    )
    try:
        await _until_answers(host)
        yield host
    finally:
        await asyncio.to_thread(_end_group, process.pid)
        await process.wait()


async def _until_answers(host: str) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://{host}/v1/projects/p/topics"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


def _end_group(pid: int) -> None:
    subprocess.run(["/bin/kill", "--", f"-{pid}"], check=False)  # a number of our own
