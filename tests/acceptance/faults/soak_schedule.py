"""What happens in a soak, and when: drawn from a seed, the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from tests.acceptance.faults.script import Cut, Fault, Hold, Point, Refuse

REQUESTS_A_SECOND = 2.0
MOST_REQUESTS = 600
SECONDS_BETWEEN_FAULTS = 1.5


class Happening(StrEnum):
    """One thing that happens to the workers or to their messages."""

    KILL = "kills"
    TERMINATE = "SIGTERMs"
    HOLD_STILL = "seconds held still"
    REDELIVER = "messages published again"
    REFUSE = "refusals by a server"
    SWEEP = "sweeps"


WEIGHTS = {
    Happening.KILL: 4,
    Happening.TERMINATE: 2,
    Happening.HOLD_STILL: 2,
    Happening.REDELIVER: 6,
    Happening.REFUSE: 7,
    Happening.SWEEP: 1,
}

CALLS = (
    "pull",
    "ack",
    "publish to events",
    "upload storyboard.json",
    "upload manifest.json",
    "claim",
    "end",
    "finish stage ground",
    "mark outbox",
)
DATABASE_CALLS = frozenset({"claim", "end", "finish stage ground", "mark outbox"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens.

    Attributes:
        at: Seconds since the beginning.
        draw: From 0 to 1: which worker, or which request, it happens to.
        point: Where a worker is killed or told to end, or a server refuses: the next time that
            the worker comes there.
        fault: How a server refuses.
    """

    at: float
    what: Happening
    draw: float
    point: Point
    fault: Fault


@dataclass(frozen=True, slots=True)
class Schedule:
    """A whole soak.

    Attributes:
        asks: When requests are asked, in seconds since the beginning.
        events: In the order of their times.
    """

    asks: tuple[float, ...]
    events: tuple[Event, ...]


def draw_schedule(seed: int, seconds: float) -> Schedule:
    """Draw what happens in so many seconds."""
    draw = random.Random(seed)  # noqa: S311  # a schedule, no secret
    count = min(MOST_REQUESTS, int(seconds * REQUESTS_A_SECOND))
    asks = sorted(draw.uniform(0, seconds) for _ in range(count))
    events = []
    for _ in range(int(seconds / SECONDS_BETWEEN_FAULTS)):
        (what,) = draw.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))
        point, fault = _draw_refusal(draw)
        events.append(Event(draw.uniform(0, seconds), what, draw.random(), point, fault))
    return Schedule(tuple(asks), tuple(sorted(events, key=lambda event: event.at)))


def _draw_refusal(draw: random.Random) -> tuple[Point, Fault]:
    """Draw where a server fails, and how: PostgreSQL's proxy cuts and holds, and never refuses."""
    name = draw.choice(CALLS)
    faults: list[Fault] = [Cut(), Hold(draw.uniform(0.5, 3))]
    if name not in DATABASE_CALLS:
        faults += [Refuse(503), Refuse(429), Refuse(401)]
    return Point(name, draw.choice(("before", "after"))), draw.choice(faults)
