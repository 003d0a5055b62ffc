"""Breakers: stop calling a dependency that does not answer, and find out when it does again.

The decisions are pure: states go in and come out, the time and the draw are passed in.

::

    closed ── failures in a row ──▶ open ── its time is over ──▶ half-open ── success ──▶ closed
                                     ▲                               │
                                     └────── failure, longer ────────┘

Five failures in a row open a breaker: Envoy's default for taking a host out (outlier detection,
`consecutive_5xx`). The time doubles with each opening in a row, as Envoy's grows with each
ejection; it is much shorter than Envoy's 30 s, because here nothing else can take over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

import structlog

from worker.lessons.backoff import doubled, jittered
from worker.lessons.errors import CircuitOpenError
from worker.telemetry.metrics import Metrics

PROBE_SECONDS = 1.0
"""When a call that meets another's probe may try again: a probe answers soon or not at all."""


class Dependency(StrEnum):
    """What is guarded; each has a breaker of its own."""

    DATABASE = "database"
    BROKER = "broker"
    OBJECT_STORE = "object_store"
    VOICE = "voice"
    WRITER = "writer"


NEEDED_BY_EVERY_MESSAGE = frozenset(
    {Dependency.DATABASE, Dependency.BROKER, Dependency.OBJECT_STORE, Dependency.WRITER}
)
"""A lesson to read needs no voice; everything else touches every lesson."""


class Mode(StrEnum):
    """What a breaker does with a call."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens, and for how long.

    Attributes:
        failures: In a row, that open it.
        first_seconds: How long the first opening lasts; each one after a failed probe lasts
            twice as long as the one before.
    """

    failures: int = 5
    first_seconds: float = 5.0
    longest_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """The state of one breaker.

    Attributes:
        failures: In a row, while closed.
        openings: In a row; 0 while closed.
        open_until: By the caller's clock.
        is_probed: A probe is on its way.
        epoch: Rises with every opening and closing: an answer to a call of an earlier epoch
            says nothing about now.
    """

    failures: int = 0
    openings: int = 0
    open_until: float = 0.0
    is_probed: bool = False
    epoch: int = 0

    def mode(self, now: float) -> Mode:
        """Return what it does with calls at a time."""
        if not self.openings:
            return Mode.CLOSED
        return Mode.OPEN if now < self.open_until else Mode.HALF_OPEN

    def seconds_closed_to_calls(self, now: float) -> float:
        """Return how long it refuses calls: 0 for a call that may be made."""
        match self.mode(now):
            case Mode.CLOSED:
                return 0.0
            case Mode.OPEN:
                return max(PROBE_SECONDS, self.open_until - now)
            case Mode.HALF_OPEN:
                return PROBE_SECONDS if self.is_probed else 0.0

    def probed(self, *, is_on_its_way: bool) -> Circuit:
        """Note that a probe goes out, or that it came to nothing."""
        return replace(self, is_probed=is_on_its_way)

    def after_success(self, epoch: int, now: float) -> Circuit:
        """Return the state after an answer to a call that was made in an epoch."""
        if epoch != self.epoch or self.mode(now) is Mode.OPEN:
            return self
        return Circuit(epoch=self.epoch + (self.openings > 0))

    def after_failure(self, epoch: int, now: float, policy: BreakerPolicy, draw: float) -> Circuit:
        """Return the state after a call of an epoch that was not answered.

        Args:
            epoch: When the call was made.
            now: The time.
            policy: The limits.
            draw: From 0 to 1: jitter over the upper half of the time, so that workers that
                lost a dependency together do not return to it together.
        """
        if epoch != self.epoch or self.mode(now) is Mode.OPEN:
            return self
        failures = self.failures + 1
        if not self.openings and failures < policy.failures:
            return replace(self, failures=failures)
        seconds = doubled(policy.first_seconds, self.openings, policy.longest_seconds)
        ends = now + jittered(seconds, draw)
        return Circuit(failures, self.openings + 1, ends, epoch=self.epoch + 1)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One call that a breaker let through; its outcome comes back with it."""

    epoch: int
    is_probe: bool


@dataclass(slots=True)
class Breaker:
    """The breaker of one dependency: keeps the state, and says when it changes.

    Attributes:
        clock: Seconds that never go back.
        draw: A number from 0 to 1, anew each time.
        on_open: Called when it opens.
    """

    dependency: Dependency
    policy: BreakerPolicy
    clock: Callable[[], float]
    draw: Callable[[], float]
    on_open: Callable[[], None] = lambda: None
    _circuit: Circuit = field(default_factory=Circuit)
    _probe_over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def mode(self) -> Mode:
        """What it does with calls now."""
        return self._circuit.mode(self.clock())

    @property
    def seconds_closed_to_calls(self) -> float:
        """How long it refuses calls from now."""
        return self._circuit.seconds_closed_to_calls(self.clock())

    def admit(self, *, urgent: bool = False) -> Ticket:
        """Let a call through.

        Args:
            urgent: Never refuse it: it saves work that is done, or that would be done twice.

        Raises:
            CircuitOpenError: It is open, or half-open and probed by another call.
        """
        seconds_left = self.seconds_closed_to_calls
        if seconds_left and not urgent:
            raise CircuitOpenError(self.dependency.value, seconds_left)
        is_probe = self.mode is Mode.HALF_OPEN and not self._circuit.is_probed
        if is_probe:
            self._circuit = self._circuit.probed(is_on_its_way=True)
            self._probe_over.clear()
        return Ticket(self._circuit.epoch, is_probe)

    async def admit_after_probe(self, seconds: float, *, urgent: bool = False) -> Ticket:
        """Let a call through; one that meets another's probe waits for what comes of it.

        A lesson uploads its files at the same time: were all but the first refused, the lesson
        would fail, and its end would cancel the probe.

        Args:
            seconds: How long it waits at most.
            urgent: As for `admit`.

        Raises:
            CircuitOpenError: It is open, or the probe takes longer.
        """
        if self._circuit.is_probed and not urgent:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while self._circuit.is_probed:
                        await self._probe_over.wait()
        return self.admit(urgent=urgent)

    def succeeded(self, ticket: Ticket) -> None:
        """Hear that a call was answered; a no is an answer."""
        self._become(self._circuit.after_success(ticket.epoch, self.clock()))

    def failed(self, ticket: Ticket) -> None:
        """Hear that a call was not answered."""
        now = self.clock()
        self._become(self._circuit.after_failure(ticket.epoch, now, self.policy, self.draw()))

    def abandoned(self, ticket: Ticket) -> None:
        """Hear that a call was given up, which says nothing about the dependency."""
        if ticket.is_probe and ticket.epoch == self._circuit.epoch:
            self._become(self._circuit.probed(is_on_its_way=False))

    def _become(self, circuit: Circuit) -> None:
        before, self._circuit = self._circuit, circuit
        if not circuit.is_probed:
            self._probe_over.set()
        if circuit.openings > before.openings:
            self.on_open()
            structlog.get_logger().warning(
                "breaker_opened",
                dependency=self.dependency.value,
                openings=circuit.openings,
                seconds=round(circuit.open_until - self.clock(), 2),
            )
        elif before.openings and not circuit.openings:
            structlog.get_logger().info("breaker_closed", dependency=self.dependency.value)


@dataclass(frozen=True, slots=True)
class PullRule:
    """How much may be pulled now.

    Attributes:
        limit: Deliveries at most; None for as many as slots are free.
        wait_seconds: When it is worth asking again, where nothing may be pulled.
    """

    limit: int | None
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Breakers:
    """All breakers of a worker."""

    all: tuple[Breaker, ...] = ()

    @classmethod
    def one_each(
        cls,
        policy: BreakerPolicy,
        clock: Callable[[], float],
        draw: Callable[[], float],
        metrics: Metrics,
    ) -> Breakers:
        """Return a breaker for every dependency, each shown in the metrics."""
        breakers = []
        for dependency in Dependency:
            openings = metrics.breaker_openings.labels(dependency.value)
            breaker = Breaker(dependency, policy, clock, draw, openings.inc)
            metrics.watch_breaker(dependency.value, partial(getattr, breaker, "mode"))
            breakers.append(breaker)
        return cls(tuple(breakers))

    def __getitem__(self, dependency: Dependency) -> Breaker:
        return next(one for one in self.all if one.dependency is dependency)

    def pull_rule(self) -> PullRule:
        """Decide what may be pulled: what every message needs must be there.

        While such a dependency is out of reach nothing is leased, so that nothing fails by it;
        then one delivery is the probe.
        """
        return pull_rule(
            (one.mode, one.seconds_closed_to_calls)
            for one in self.all
            if one.dependency in NEEDED_BY_EVERY_MESSAGE
        )

    def out_of_reach(self) -> tuple[Dependency, ...]:
        """Return the dependencies whose breaker is not closed."""
        return tuple(one.dependency for one in self.all if one.mode is not Mode.CLOSED)


def pull_rule(needed: Iterable[tuple[Mode, float]]) -> PullRule:
    """Decide what may be pulled from the modes of what every message needs."""
    needed = tuple(needed)
    closed_for = [seconds for mode, seconds in needed if mode is Mode.OPEN]
    if closed_for:
        return PullRule(0, max(closed_for))
    return PullRule(1 if any(mode is Mode.HALF_OPEN for mode, _ in needed) else None)
