"""The worker as a subprocess, judged from outside."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Finished:
    """What a process left behind."""

    exit_code: int
    out: str
    err: str


@asynccontextmanager
async def worker_process(
    *arguments: str, environ: Mapping[str, str], cwd: Path = REPOSITORY
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m worker` within the block; it is killed at the end if it still lives."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "worker",
        *arguments,
        env=dict(environ),
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def run_worker(
    *arguments: str, environ: Mapping[str, str], seconds: float = 120.0
) -> Finished:
    """Run `python -m worker` to its end.

    Raises:
        TimeoutError: It did not end in time.
    """
    async with worker_process(*arguments, environ=environ) as process:
        out, err = await asyncio.wait_for(process.communicate(), seconds)
        assert process.returncode is not None
        return Finished(process.returncode, out.decode(), err.decode())
