"""How far a request is, and how long it will still take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.lessons.stage import Status


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a request is.

    Attributes:
        elapsed_seconds: Since it was asked for, until now or its end, by the database's clock.
        finished: Stages that are done.
        running: Stages under way, each with the seconds that it has taken so far.
    """

    status: Status
    percentage: int
    elapsed_seconds: float
    finished: frozenset[str]
    running: Mapping[str, float]


def remaining_seconds(standing: Standing, usual: Mapping[str, float]) -> float | None:
    """Return the seconds that are left; None while nobody can know.

    A stage that runs longer than usual is taken to be nearly done: the estimate waits at what
    the stages after it take, and never grows by itself.

    Args:
        standing: How far the request is.
        usual: Seconds that each stage usually takes; empty where none is known.
    """
    if not usual or standing.status.is_end:
        return None
    return sum(
        max(0.0, seconds - standing.running.get(stage, 0.0))
        for stage, seconds in usual.items()
        if stage not in standing.finished
    )
