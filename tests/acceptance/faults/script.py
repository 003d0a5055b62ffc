"""What goes wrong in one run, and where: the points that a worker passes, and the faults there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["before", "half", "after"]
"""Before it reaches the server, when half of it has, or after, with the answer withheld."""


@dataclass(frozen=True, slots=True)
class Point:
    """One side of one call that a worker makes.

    Attributes:
        name: What the call does, as the fault table names it.
    """

    name: str
    side: Side

    def __str__(self) -> str:
        return f"{self.side} {self.name}"


@dataclass(frozen=True, slots=True)
class Refuse:
    """The server is not asked; the caller gets this status."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection breaks: no answer, no word."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The call waits so long, then goes on."""

    seconds: float


Fault = Refuse | Cut | Hold
Act = Callable[[], Awaitable[Fault | None]]


@dataclass(slots=True)
class _Plan:
    point: Point
    act: Act
    times: int
    skip: int
    since: Point | None


@dataclass(slots=True)
class Script:
    """One run's faults; the proxies ask it at every point.

    Attributes:
        trail: Every point passed, in its order.
        happened: Set when the last planned fault has happened.
        stored: How often the object store took an object of each name, over all scenarios.
    """

    trail: list[Point] = field(default_factory=list)
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    stored: Counter[str] = field(default_factory=Counter)
    _plans: list[_Plan] = field(default_factory=list)

    def plan(
        self, point: Point, act: Act, *, times: int = 1, skip: int = 0, since: Point | None = None
    ) -> None:
        """Act at a point, the first `times` times that it is passed.

        Args:
            point: Where.
            act: What to do; the fault that it returns is what the caller meets.
            times: How often.
            skip: How often it is passed unharmed before.
            since: Only once this other point has been passed.
        """
        self._plans.append(_Plan(point, act, times, skip, since))

    def begin(self) -> None:
        """Forget plans and trail: the next scenario begins."""
        self.trail.clear()
        self._plans.clear()
        self.happened.clear()

    async def at(self, point: Point) -> Fault | None:
        """Pass a point; return what goes wrong there."""
        plan = self._planned(point)
        self.trail.append(point)
        if plan is None:
            return None
        fault = await plan.act()
        if not any(one.times for one in self._plans):
            self.happened.set()
        return fault

    def names(self) -> set[str]:
        """Return the names of all calls so far."""
        return {point.name for point in self.trail}

    def _planned(self, point: Point) -> _Plan | None:
        """Take one turn of the plan for a point, if there is one whose turn has come."""
        for plan in self._plans:
            if plan.point != point or not plan.times:
                continue
            if plan.since is not None and plan.since not in self.trail:
                continue
            if plan.skip:
                plan.skip -= 1
                return None
            plan.times -= 1
            return plan
        return None


def always(fault: Fault) -> Act:
    """Return an act that only brings a fault."""

    async def act() -> Fault:
        return fault

    return act
