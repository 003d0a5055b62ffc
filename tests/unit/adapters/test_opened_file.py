"""A file is closed however the work with it ends."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from worker.adapters.opened_file import opened


async def _hold(path: Path) -> None:
    async with opened(path, "rb"):
        await asyncio.Event().wait()


async def _write_for_ever(pipe: int) -> None:
    while True:
        os.write(pipe, b".")
        await asyncio.sleep(0.01)


async def test_what_is_opened_after_a_cancellation_is_closed(tmp_path: Path) -> None:
    """A pipe opens for reading only once somebody writes: the thread waits until then."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    holding = asyncio.create_task(_hold(pipe))
    await asyncio.sleep(0)
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    writer = await asyncio.to_thread(os.open, pipe, os.O_WRONLY)
    try:
        async with asyncio.timeout(60):
            with pytest.raises(BrokenPipeError):  # nobody reads any more
                await _write_for_ever(writer)
    finally:
        os.close(writer)


async def test_a_file_is_closed_at_the_end_of_the_block(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    async with opened(tmp_path / "file", "rb") as file:
        assert file.read() == b"abc"
    assert file.closed


async def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with opened(tmp_path / "none", "rb"):
            pass
