"""What one delivery went through, for its canonical log line and its failure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from worker.lessons.stage import Stage


@dataclass(slots=True)
class Tally:
    """How many things of one kind were made, and how many were there already.

    Attributes:
        not_kept: Made, but the cache did not take them.
        seconds_saved: What the reused ones took when they were made.
    """

    reused: int = 0
    made: int = 0
    not_kept: int = 0
    seconds_saved: float = 0.0

    def count_reused(self, made_seconds: float) -> None:
        """Count one thing that was there already."""
        self.reused += 1
        self.seconds_saved = round(self.seconds_saved + made_seconds, 3)


@dataclass(slots=True)
class Trace:
    """Filled in while the stages run.

    Attributes:
        stage: The stage that is running, or that failed.
        seconds: Time spent in each stage.
        reused: Stages whose checkpoint was taken instead.
        sentences: Spoken sentences, made or taken from the cache.
        segments: Rendered segments, likewise.
        failed_rows: Rows of the lesson rules that the finished lesson fails.
        cost_micros: What calls cost, in millionths of the price table's currency, by provider.
    """

    stage: Stage | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    reused: list[str] = field(default_factory=list)
    sentences: Tally = field(default_factory=Tally)
    segments: Tally = field(default_factory=Tally)
    failed_rows: tuple[str, ...] = ()
    cost_micros: dict[str, int] = field(default_factory=dict)

    def count_cost(self, provider: str, micros: int) -> None:
        """Add what one call cost."""
        self.cost_micros[provider] = self.cost_micros.get(provider, 0) + micros

    def reuse_report(self) -> dict[str, object]:
        """Return what was reused, as logs and manifests show it."""
        return {
            "stages": list(self.reused),
            "sentences": asdict(self.sentences),
            "segments": asdict(self.segments),
        }

    @contextmanager
    def within(self, stage: Stage) -> Iterator[None]:
        """Name the running stage, and add its seconds when it is left."""
        self.stage = stage
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage.value] = round(time.monotonic() - began, 3)
