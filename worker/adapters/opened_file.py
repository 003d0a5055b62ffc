"""A file that is opened off the event loop, and closed whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Literal


@asynccontextmanager
async def opened(path: Path, mode: Literal["rb", "wb"]) -> AsyncIterator[BinaryIO]:
    """Open a file for the block.

    A thread that opens it cannot be cancelled: what it opens when nobody waits any more is
    closed by itself.

    Raises:
        OSError: It cannot be opened.
    """
    loop = asyncio.get_running_loop()
    opening = loop.run_in_executor(None, _open, path, mode)
    try:
        file = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close)
        raise
    with file:
        yield file


def _open(path: Path, mode: Literal["rb", "wb"]) -> BinaryIO:
    return path.open(mode)


def _close(opening: asyncio.Future[BinaryIO]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
