"""Pulls deliveries as slots allow, carries each to its settlement, and drains when asked."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from worker.delivery.breaker import Breakers
from worker.delivery.lease import LeaseKeeper
from worker.delivery.request_delivery import LAST_CALL_SECONDS, RequestDelivery
from worker.delivery.shutdown import Shutdown
from worker.delivery.slots import Slots
from worker.delivery.suspension import Suspension
from worker.lessons.backoff import doubled, jittered
from worker.lessons.errors import CircuitOpenError, RetryableError
from worker.ports import Delivery, MessageSource
from worker.telemetry.metrics import Metrics

FIRST_PULL_PAUSE_SECONDS = 1.0
LONGEST_PULL_PAUSE_SECONDS = 30.0
PULLS_AT_ONCE = 2
"""While one pull is under way a second one serves the slots that become free; with more, each
would bring single messages."""

PROBE_LOOK_SECONDS = 1.0
"""How often a consumer looks whether its probe has closed the breaker."""

PROBE_PATIENCE_SECONDS = 5.0
"""After which another delivery is let in as a probe: the one before may be a lesson that calls
what is probed only at its end, or never."""


@dataclass(frozen=True, slots=True)
class ConsumerLimits:
    """When a consumer takes work, and when it ends by itself.

    Attributes:
        idle_seconds: End after so long without a delivery; None for never.
        max_runtime_seconds: Stop pulling after so long; None for never.
        grace_seconds: What a drain gives to the work in flight.
    """

    slots: int
    idle_seconds: float | None
    max_runtime_seconds: float | None
    grace_seconds: float


async def _nothing_more() -> None:
    """Have nothing to do after a drain."""


@dataclass(slots=True)
class Consumer:
    """The event loop of the worker.

    Attributes:
        side_tasks: What runs beside the deliveries; one that ends, ends the worker.
        on_drain: Called once, when nothing more is pulled and before the work in flight ends.
        on_cut_off: Called once, when the grace is over and what is still in flight ends.
        after_drain: Awaited once, for LAST_CALL_SECONDS at most, when nothing is in flight any
            more; the side tasks still run.
    """

    source: MessageSource
    keeper: LeaseKeeper
    deliver: RequestDelivery
    limits: ConsumerLimits
    shutdown: Shutdown
    draw: random.Random
    side_tasks: tuple[Callable[[], Awaitable[None]], ...] = ()
    on_drain: Callable[[], None] = lambda: None
    on_cut_off: Callable[[], None] = lambda: None
    after_drain: Callable[[], Awaitable[None]] = _nothing_more
    breakers: Breakers = field(default_factory=Breakers)
    suspension: Suspension = field(default_factory=Suspension)
    metrics: Metrics = field(default_factory=Metrics)
    handled: int = 0
    _last_busy: float = 0.0
    _failed_pulls: int = 0
    _is_probing: bool = False
    _probe: asyncio.Task[None] | None = None
    _probed_at: float = 0.0
    _in_flight: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def is_held_off(self) -> bool:
        """Whether a breaker lets it take nothing, or probes alone."""
        return self.breakers.pull_rule().limit is not None

    async def run(self) -> None:
        """Consume until idle, out of time, or asked to drain.

        Raises:
            Exception: Whatever ended a side task: without leases nothing may run.
        """
        self.metrics.slots.set(self.limits.slots)
        sides = [asyncio.ensure_future(work()) for work in (self.keeper.run, *self.side_tasks)]
        pulling = asyncio.create_task(self._pull_side_by_side(), name="pull")
        asked = asyncio.create_task(_wait_for(self.shutdown.drain), name="drain asked")
        try:
            await asyncio.wait([pulling, asked, *sides], return_when=asyncio.FIRST_COMPLETED)
            await _end(pulling, asked)
            self.on_drain()
            await self._drain(sides)
            await self._cut_off()
            try:
                async with asyncio.timeout(LAST_CALL_SECONDS):
                    await self.after_drain()
            except TimeoutError:
                structlog.get_logger().warning("left_behind", reason="no answer in time")
            for ended in (pulling, *sides):
                if ended.done() and not ended.cancelled() and (error := ended.exception()):
                    raise error
        finally:
            await _end(pulling, asked, *sides, *self._in_flight)

    async def _pull_side_by_side(self) -> None:
        """Pull for the slots that become free while another pull is under way, too."""
        self._last_busy = time.monotonic()
        slots = Slots(self.limits.slots)
        pulls = [
            asyncio.create_task(self._pull(slots, may_probe=number == 0), name=f"pull {number}")
            for number in range(PULLS_AT_ONCE)
        ]
        try:
            ended, _ = await asyncio.wait(pulls, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(*pulls)
        for one in ended:
            one.result()

    async def _pull(self, slots: Slots, *, may_probe: bool) -> None:
        """Take every free slot, then pull no more deliveries than slots were taken."""
        began = time.monotonic()
        while True:
            taken = await slots.take()
            left = self._time_left(began)
            if left is not None and left <= 0:
                return
            deliveries = await self._pull_allowed(taken, left, may_probe=may_probe)
            slots.give_back(taken - len(deliveries))
            for delivery in deliveries:
                self._start(delivery, slots)

    async def _pull_allowed(
        self, free: int, left: float | None, *, may_probe: bool
    ) -> Sequence[Delivery]:
        """Pull what may be pulled now; where nothing may be, wait a while instead."""
        limit = min(free, await self._wait_for_leave(free, left, may_probe=may_probe))
        if limit == 0:
            return self._none_while_held_off()
        try:
            deliveries = await _pull_until(self.source.pull(limit), self.suspension.changed(), left)
        except CircuitOpenError as error:
            await asyncio.sleep(min(error.seconds_left, PROBE_LOOK_SECONDS))
            return self._none_while_held_off()
        except RetryableError as error:
            self._failed_pulls += 1
            await self._pause_after(error)
            return self._none_while_held_off()
        self._failed_pulls = 0
        self.metrics.pulls.inc()
        return deliveries

    async def _wait_for_leave(self, free: int, left: float | None, *, may_probe: bool) -> int:
        """Return how many may be pulled now; where none may, wait a while first."""
        if self.suspension.is_paused:
            await _first_of(self.suspension.changed(), left)
            return 0
        rule = self.breakers.pull_rule()
        if rule.limit == 0:
            await asyncio.sleep(min(rule.wait_seconds, PROBE_LOOK_SECONDS))
            return 0
        self._is_probing = rule.limit is not None
        if rule.limit is None:
            return free
        if not may_probe:  # one probe at a time
            await asyncio.sleep(PROBE_LOOK_SECONDS)
            return 0
        patience = self._probed_at + PROBE_PATIENCE_SECONDS - time.monotonic()
        if self._probe is not None and not self._probe.done() and patience > 0:
            await asyncio.wait([self._probe], timeout=min(patience, PROBE_LOOK_SECONDS))
            return 0
        return rule.limit

    def _none_while_held_off(self) -> Sequence[Delivery]:
        """Take nothing; nobody could look for a message, so that this is no idleness."""
        self._last_busy = time.monotonic()
        return ()

    def _time_left(self, began: float) -> float | None:
        now = time.monotonic()
        ends = []
        if self.limits.max_runtime_seconds is not None:
            ends.append(began + self.limits.max_runtime_seconds - now)
        if self.limits.idle_seconds is not None:
            last_busy = now if self._in_flight else self._last_busy
            ends.append(last_busy + self.limits.idle_seconds - now)
        return min(ends, default=None)

    async def _pause_after(self, error: RetryableError) -> None:
        self.metrics.pull_failures.inc()
        pause = doubled(
            FIRST_PULL_PAUSE_SECONDS, self._failed_pulls - 1, LONGEST_PULL_PAUSE_SECONDS
        )
        pause = jittered(pause, self.draw.random())
        structlog.get_logger().warning(
            "pull_failed",
            reason=error.message,
            failures=self._failed_pulls,
            pause_seconds=round(pause, 2),
        )
        await asyncio.sleep(pause)

    def _start(self, delivery: Delivery, slots: Slots) -> None:
        task = asyncio.create_task(self.deliver(delivery), name=f"delivery {delivery.message_id}")
        self._in_flight.add(task)
        if self._is_probing:
            self._probe, self._probed_at = task, time.monotonic()
        self.metrics.in_flight.set(len(self._in_flight))

        def ended(task: asyncio.Task[None]) -> None:
            self._in_flight.discard(task)
            self.metrics.in_flight.set(len(self._in_flight))
            self._last_busy = time.monotonic()
            slots.give_back()
            self.handled += 1

        task.add_done_callback(ended)

    async def _drain(self, sides: Sequence[asyncio.Future[None]]) -> None:
        """Let the work in flight finish; once a drain is asked for, within its grace.

        When a side task ends there is no grace: nothing may run without its lease.
        """
        if not self._in_flight or any(side.done() for side in sides):
            return
        structlog.get_logger().info("draining", in_flight=len(self._in_flight))
        finished = asyncio.create_task(_wait_for_all(set(self._in_flight)), name="all finished")
        asked = asyncio.create_task(_wait_for(self.shutdown.drain), name="drain asked")
        hurry = asyncio.create_task(_wait_for(self.shutdown.hurry), name="hurry asked")
        try:
            await asyncio.wait([asked, finished, *sides], return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(
                [hurry, finished, *sides],
                timeout=self.limits.grace_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            await _end(asked, hurry, finished)

    async def _cut_off(self) -> None:
        """End what is still in flight; each delivery gives its request back."""
        self.on_cut_off()
        await _end(*self._in_flight)


async def _pull_until(
    pull: Awaitable[Sequence[Delivery]], interrupted: Awaitable[None], seconds: float | None
) -> Sequence[Delivery]:
    """Pull until something comes, the time is over, or the process is to be held still."""
    pulling, interruption = asyncio.ensure_future(pull), asyncio.ensure_future(interrupted)
    try:
        await asyncio.wait(
            [pulling, interruption], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        if not pulling.done():
            await _end(pulling)
        await _end(interruption)
    return () if pulling.cancelled() else pulling.result()


async def _first_of(event: Awaitable[None], seconds: float | None) -> None:
    """Wait for something, for so long at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()


async def _wait_for_all(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


async def _end(*tasks: asyncio.Future[Any]) -> None:
    """Cancel and wait; what the tasks raised is read from them by who cares."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
