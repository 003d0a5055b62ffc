"""Several workers, many requests, and whatever a seed draws: `just soak MINUTES SEED`."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import pytest

from tests.acceptance.faults.processes import WorkerProcess
from tests.acceptance.faults.script import Fault, Hold, always
from tests.acceptance.faults.soak_schedule import Event, Happening, draw_schedule
from tests.acceptance.faults.world import World

SECONDS = float(os.environ.get("SOAK_MINUTES", "0.5")) * 60
SEED = int(os.environ.get("SOAK_SEED", "1"))

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(SECONDS + 600)]

WORKERS = 3
SETTINGS = {
    "WORKER_SLOTS": "4",
    "WORKER_LEASE_SECONDS": "10",
    # The faults are drawn, not the request's: however many meet one, it must end well.
    "WORKER_MAX_ATTEMPTS": "1000",
    "WORKER_MAX_CLAIMS": "1000",
    "WORKER_REPUBLISH_SECONDS": "60",
}
TURNS_AT_THE_END = 40
SECONDS_A_TURN = 5.0


@dataclass(slots=True)
class Soak:
    """The crew, what was asked of it, and what was done to it."""

    world: World
    crew: list[WorkerProcess] = field(default_factory=list)
    requests: list[UUID] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    drained: list[WorkerProcess] = field(default_factory=list)
    sweeps: list[WorkerProcess] = field(default_factory=list)
    going_on: set[asyncio.Task[None]] = field(default_factory=set)

    async def man(self) -> None:
        """Start as many workers as are missing; they get ready while the soak goes on."""
        self.crew = [one for one in self.crew if one.is_alive and one not in self.drained]
        while len(self.crew) < WORKERS:
            self.crew.append(await self.world.run("--forever", **SETTINGS))

    async def ask(self) -> None:
        """Ask for one more lesson."""
        self.requests.append(await self.world.ask())

    async def happen(self, event: Event) -> None:
        """Do what the schedule says."""
        await self.man()
        ready = [one for one in self.crew if one.has_logged("ready")] or self.crew
        worker = ready[int(event.draw * len(ready))]
        self.done[event.what.value] += 1
        match event.what:
            case Happening.KILL:
                worker.script.plan(event.point, worker.kill)
            case Happening.TERMINATE:
                worker.script.plan(event.point, partial(self._terminate, worker))
            case Happening.HOLD_STILL:
                self._start(hold_still(worker))
            case Happening.REDELIVER if self.requests:
                request_id = self.requests[int(event.draw * len(self.requests))]
                await self.world.platform.publish(self.world.platform.message(request_id))
            case Happening.REFUSE:
                worker.script.plan(event.point, always(event.fault))
            case Happening.SWEEP:
                self.sweeps.append(await self.world.run("sweep", **SETTINGS))

    async def _terminate(self, worker: WorkerProcess) -> Fault | None:
        """Ask a worker to drain while it is in the middle of a call."""
        worker.note_family()
        worker.send(signal.SIGTERM)
        self.drained.append(worker)
        return Hold(0.3)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.going_on.add(task)
        task.add_done_callback(self.going_on.discard)

    async def come_to_rest(self) -> None:
        """Break nothing more, and let time pass until all is settled, a bounded number of turns."""
        await asyncio.gather(*self.going_on)
        for worker in self.crew:
            worker.script.begin()
        await self.man()
        for worker in self.drained:
            # It may have been killed, too.
            assert await worker.ends() in {0, -signal.SIGKILL}, worker.log_file.read_text("utf-8")
        for sweep in self.sweeps:
            # 4 where the database was cut off, or a server refused: the next one goes on.
            assert await sweep.ends() in {0, 4}
        for _ in range(TURNS_AT_THE_END):
            if await self.world.is_settled_within(SECONDS_A_TURN, *self.requests):
                return
            await self.world.pass_time()
        pytest.fail(self.world.story("never settled"))


async def hold_still(worker: WorkerProcess) -> None:
    """Stop a process for a second, unless it ends meanwhile."""
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(1)
    if worker.is_alive:
        worker.send(signal.SIGCONT)


async def test_a_soak_loses_nothing_and_does_nothing_twice(world: World) -> None:
    schedule, soak = draw_schedule(SEED, SECONDS), Soak(world)
    moments = [(at, None) for at in schedule.asks] + [(one.at, one) for one in schedule.events]
    await soak.man()
    await soak.crew[0].until_logged("ready")
    began = asyncio.get_running_loop().time()
    for at, event in sorted(moments, key=lambda moment: moment[0]):
        await asyncio.sleep(max(0.0, began + at - asyncio.get_running_loop().time()))
        await (soak.ask() if event is None else soak.happen(event))
    await soak.come_to_rest()
    # The last one to start removes what the killed ones left.
    await world.another_worker(**SETTINGS)
    told = ", ".join(f"{count} {what}" for what, count in sorted(soak.done.items()))
    world.begin("Soak", told, f"seed {SEED}, {SECONDS / 60:g} min, {WORKERS} workers")
    found = await world.judge(*soak.requests, failed_attempts=None)
    claims = f"{len(found.ends)} requests, {found.claims} claims"
    print(f"{claims}, at most {found.copies} copies of an event; {told}")  # noqa: T201  # `just soak` shows it


def test_a_seed_draws_the_same_schedule_again() -> None:
    assert draw_schedule(7, 60) == draw_schedule(7, 60)
    assert draw_schedule(7, 60) != draw_schedule(8, 60)
