"""A pipeline that does as it is told, and ends requests in the real store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from worker.lessons.claim import Claimed
from worker.lessons.ending import Ending
from worker.lessons.stage import Stage, Status
from worker.lessons.trace import Trace
from worker.ports import RequestStore

Step = Callable[[Claimed], Awaitable[None]]


async def do_nothing(_: Claimed) -> None:
    """Let the request complete."""


def raising(error: Exception) -> Step:
    """Return a step that fails."""

    async def step(_: Claimed) -> None:
        raise error

    return step


async def hang(_: Claimed) -> None:
    """Never end by itself."""
    await asyncio.Event().wait()


@dataclass(slots=True)
class ScriptedPipeline:
    """Implements `worker.ports.Pipeline`: one scripted step, then the end.

    Attributes:
        started: Set when a request has reached its step.
    """

    store: RequestStore
    step: Step = do_nothing
    started: asyncio.Event = field(default_factory=asyncio.Event)
    runs: int = 0

    async def run(self, claimed: Claimed, trace: Trace) -> Ending:
        """Run the step within a stage, then complete the request."""
        self.runs += 1
        with trace.within(Stage.RENDER):
            await self.store.begin_stage(claimed.claim, Stage.RENDER, "digest")
            self.started.set()
            await self.step(claimed)
        ending = Ending(Status.COMPLETED)
        await self.store.end(claimed.claim, ending, [])
        return ending
