"""A world of its own for every scenario."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from tests.acceptance.faults.world import World
from tests.integration.embedded.turned_clock import TurnedClock
from tests.platform import Platform
from worker.embedded.pubsub_server import PubsubServer


@pytest.fixture
async def world(platform: Platform, tmp_path: Path) -> AsyncIterator[World]:
    """A platform whose broker's clock the test turns."""
    clock = TurnedClock()
    broker = PubsubServer(clock=clock.clock)
    host = await broker.start()
    try:
        own = replace(platform, pubsub_host=host, name=f"f{uuid4().hex[:8]}")
        await own.prepare()
        yield World(own, broker, clock, tmp_path)
    finally:
        await broker.stop()
