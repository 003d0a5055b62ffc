"""How long each stage may take."""

from __future__ import annotations

from dataclasses import dataclass

from worker.lessons.stage import Stage

NARRATE_FACTOR = 2.0
"""Seconds to speak a second of the lesson: online voices answer well faster than they speak, and
several lessons share the permits. (ours)"""

RENDER_FACTOR = 5.0
"""Seconds to render a second of the lesson: one lesson alone on two cores took a sixth of a
second (`just bench`), four at once on one such core would take one and a third. (ours)"""

_FACTORS = {Stage.NARRATE: NARRATE_FACTOR, Stage.RENDER: RENDER_FACTOR}


@dataclass(frozen=True, slots=True)
class StageLimits:
    """Time limits of the stages, waiting for permits included.

    Attributes:
        least_seconds: What every stage may take, however short the lesson.
    """

    least_seconds: float

    def seconds_for(self, stage: Stage, lesson_seconds: float) -> float:
        """Return the limit of a stage, in seconds, for a lesson that shall be so long."""
        return self.least_seconds + _FACTORS.get(stage, 0.0) * lesson_seconds
