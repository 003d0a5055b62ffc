"""Keeps what this worker holds: ack deadlines and claims, extended together by one side task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import structlog

from worker.lessons.claim import Claim
from worker.lessons.errors import RefusedError, RetryableError
from worker.ports import Delivery, MessageSource, RequestStore
from worker.telemetry.metrics import Metrics

BEATS_PER_LEASE = 3
"""Two beats may fail before a lease runs out."""

WELCOME_SECONDS = 2.0
"""When a fresh delivery is first extended: far within Pub/Sub's shortest deadline of 10 s, and
late enough that what is settled at once never needs it."""


@dataclass(eq=False, slots=True)
class Hold:
    """One held delivery, its claim once there is one, and the work that depends on both."""

    delivery: Delivery
    claim: Claim | None = None
    work: asyncio.Task[object] | None = None
    lost: bool = False

    def lose(self) -> None:
        """Stop the work: somebody else owns the request."""
        self.lost = True
        if self.work is not None:
            self.work.cancel()


@dataclass(slots=True)
class LeaseKeeper:
    """Extends everything that is held, in batches, until it is cancelled.

    It outlives the drain: what is being finished stays leased.
    """

    source: MessageSource
    store: RequestStore
    lease_seconds: float
    metrics: Metrics = field(default_factory=Metrics)
    _holds: set[Hold] = field(default_factory=set)
    _fresh: set[Hold] = field(default_factory=set)
    _taken: asyncio.Event = field(default_factory=asyncio.Event)
    _overdue: asyncio.Event = field(default_factory=asyncio.Event)
    _extending: int = 0
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)

    def beat_at_once(self) -> None:
        """Have the next beat now: the process may have been held still past it."""
        self._overdue.set()

    async def settled_safely(self) -> None:
        """Wait until no extension is under way.

        A delivery that is held no longer may be part of one; it would undo a settlement.
        """
        if self._extending:
            await self._quiet.wait()

    @contextmanager
    def holding(self, delivery: Delivery) -> Iterator[Hold]:
        """Keep a delivery leased for as long as the block runs."""
        hold = Hold(delivery)
        self._holds.add(hold)
        self._fresh.add(hold)
        self._taken.set()
        try:
            yield hold
        finally:
            self._holds.discard(hold)
            self._fresh.discard(hold)

    async def run(self) -> None:
        """Beat for ever; what is taken between two beats is extended soon, before the next one.

        A subscription's own deadline may be shorter than the time to the next beat, and than a
        beat that waits for a database that hangs: so neither waits for the other.
        """
        welcoming = asyncio.create_task(self._welcome_in_time(), name="welcome")
        beating = asyncio.create_task(self._beat_in_time(), name="beat")
        try:
            await asyncio.gather(welcoming, beating)
        finally:
            for task in (welcoming, beating):
                task.cancel()
            await asyncio.gather(welcoming, beating, return_exceptions=True)

    async def _beat_in_time(self) -> None:
        clock, interval = asyncio.get_running_loop().time, self.lease_seconds / BEATS_PER_LEASE
        next_beat = clock() + interval
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_beat):
                    await self._overdue.wait()
            self._overdue.clear()
            next_beat = clock() + interval
            await self.beat()

    async def _welcome_in_time(self) -> None:
        while True:
            await self._taken.wait()
            await asyncio.sleep(WELCOME_SECONDS)
            await self._welcome()

    async def _welcome(self) -> None:
        """Extend the deadlines of what was just taken, together."""
        self._taken.clear()
        fresh, self._fresh = self._fresh, set()
        if fresh:
            await self._in_time(self._extend(fresh))

    async def beat(self) -> None:
        """Extend all deadlines and all claims once; stop the work whose claim is gone."""
        holds = tuple(self._holds)
        if not holds:
            return
        extending, renewing = self._extend(self._holds), self._renew(holds)
        await asyncio.gather(self._in_time(extending), self._in_time(renewing))

    async def _in_time(self, extension: Awaitable[None]) -> None:
        """Let an extension take as long as there is between two beats, and miss it after.

        A broker that hangs must not cost the claims, nor a database that hangs the deadlines.
        One that says no costs a beat, too: where it goes on, the leases run out by themselves,
        and a redelivery finds whatever the work has come to.
        """
        try:
            async with asyncio.timeout(self.lease_seconds / BEATS_PER_LEASE):
                await extension
        except (RetryableError, RefusedError, TimeoutError) as error:
            self.metrics.lease_beats_failed.inc()
            reason = "no answer in time" if isinstance(error, TimeoutError) else error.message
            structlog.get_logger().warning("lease_beat_failed", reason=reason)

    async def _extend(self, holds: set[Hold]) -> None:
        """Extend what of it is still held, from the moment on that settlements wait for this."""
        self._extending += 1
        self._quiet.clear()
        try:
            if ack_ids := [hold.delivery.ack_id for hold in holds & self._holds]:
                await self.source.extend(ack_ids, round(self.lease_seconds))
        finally:
            self._extending -= 1
            if not self._extending:
                self._quiet.set()

    async def _renew(self, holds: tuple[Hold, ...]) -> None:
        claimed = {hold.claim: hold for hold in holds if hold.claim is not None}
        if not claimed:
            return
        kept = await self.store.renew(list(claimed), self.lease_seconds)
        for claim, hold in claimed.items():
            # Work that is over has let its claim go meanwhile: it is not lost.
            if claim not in kept and hold in self._holds and hold.claim == claim:
                self.metrics.leases_lost.inc()
                hold.lose()
