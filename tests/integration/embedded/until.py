"""Waiting for what no event tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; the test's own time limit ends a vain wait."""
    while not condition():  # noqa: ASYNC110  # files and processes have no event
        await asyncio.sleep(0.005)
