"""One sweep: every step is tried, what fails is reported, and the rest goes on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from worker.lessons.errors import WorkerError
from worker.telemetry.logs import where_raised

Tally = Counter[str]
"""What a step has done so far: names of counts to numbers."""


@dataclass(frozen=True, slots=True)
class SweepStep:
    """One step: it adds to a tally as it goes, so that a failure half way still counts."""

    name: str
    run: Callable[[Tally], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step did.

    Attributes:
        problem: Why it ended early; None where it did not.
        is_own_fault: Whether the problem is a fault of ours: a dependency's is not.
    """

    step: str
    counts: Mapping[str, int]
    seconds: float
    problem: str | None = None
    hint: str = field(default="")
    is_own_fault: bool = False


async def sweep(
    steps: Sequence[SweepStep], ends_all: Callable[[Exception], bool]
) -> list[StepReport]:
    """Run the steps one after another, each whatever became of the others.

    Args:
        steps: What to do.
        ends_all: Tells an error that no step can do anything about: it is raised.
    """
    return [await _attempt(step, ends_all) for step in steps]


async def _attempt(step: SweepStep, ends_all: Callable[[Exception], bool]) -> StepReport:
    began, tally = time.monotonic(), Tally()
    problem, hint, is_own_fault = None, "", False
    try:
        await step.run(tally)
    except WorkerError as error:
        problem, hint = error.message, error.hint
    except Exception as error:  # one faulty step must not stop the others
        if ends_all(error):
            raise
        problem = f"{type(error).__name__} at {where_raised(error)[-1]}"
        is_own_fault = True
    seconds = round(time.monotonic() - began, 3)
    report = StepReport(step.name, dict(tally), seconds, problem, hint, is_own_fault)
    structlog.get_logger().log(
        30 if problem else 20,
        "sweep_step",
        step=step.name,
        counts=report.counts,
        seconds=seconds,
        reason=problem,
    )
    return report
