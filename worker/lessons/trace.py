"""What one delivery went through, for its canonical log line and its failure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from worker.lessons.stage import Stage


@dataclass(slots=True)
class Trace:
    """Filled in while the stages run.

    Attributes:
        stage: The stage that is running, or that failed.
        seconds: Time spent in each stage.
        reused: Stages whose checkpoint was taken instead.
    """

    stage: Stage | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    reused: list[str] = field(default_factory=list)

    @contextmanager
    def within(self, stage: Stage) -> Iterator[None]:
        """Name the running stage, and add its seconds when it is left."""
        self.stage = stage
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage.value] = round(time.monotonic() - began, 3)
