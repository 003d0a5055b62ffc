"""What the render pool is given to do: one piece of work, its size and its price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from worker.lessons.costs import BillableCall, Usage

Result = TypeVar("Result")

FRAMES_PER_SECOND = 30

CPU_SECONDS_PER_FRAME = 0.02
"""Four times what a lesson of 60 s took (7.2 s for 1800 frames), for the estimate of its cost."""

LAST_STEPS_HEAD_START_SECONDS = 600.0
"""Joining and drawing the poster end a lesson, and are short: they go before any scene."""


@dataclass(frozen=True, slots=True)
class RenderWork(Generic[Result]):
    """One piece of work, its size, and what it leaves unfinished.

    Attributes:
        operation: What it is charged as.
        head_start_seconds: What it is placed before others by; see RenderLine.
    """

    operation: str
    run: Callable[[], Result]
    frames: int = 0
    unfinished: Path | None = None
    on_progress: Callable[[int], None] | None = None
    head_start_seconds: float = LAST_STEPS_HEAD_START_SECONDS

    @property
    def call(self) -> BillableCall:
        """What it is reserved at: more than a slow core needs for its frames."""
        estimate = Usage(cpu_seconds=2.0 + CPU_SECONDS_PER_FRAME * self.frames)
        return BillableCall("renderer", self.operation, estimate)
