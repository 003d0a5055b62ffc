"""Holds a stack until it is killed: `python hold_stack.py STATE_DIR`. Not a test itself."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from worker.embedded.resources import EmbeddedResources, EmbeddedSubscription
from worker.embedded.stack import EmbeddedStack

RESOURCES = EmbeddedResources(
    project="p",
    topics=("requests", "dead-letters"),
    subscriptions=(EmbeddedSubscription("worker", "requests", dead_letter_topic="dead-letters"),),
    buckets=("generated-content",),
)


async def hold(state_dir: Path) -> None:
    async with EmbeddedStack(RESOURCES, fsync=False) as stack:
        await stack.start(state_dir, postgres=True, pubsub=True, object_store=True)
        await stack.watch()


if __name__ == "__main__":
    asyncio.run(hold(Path(sys.argv[1])))
