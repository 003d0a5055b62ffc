"""A clock that runs, and can be turned forward."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from worker.embedded.pubsub.model import Clock


class TurnedClock:
    """The system's clock and some seconds more."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self.clock = Clock(
            wall=lambda: datetime.now(UTC) + timedelta(seconds=self._ahead),
            monotonic=lambda: time.monotonic() + self._ahead,
        )

    def turn(self, seconds: float) -> None:
        """Let so many seconds have passed."""
        self._ahead += seconds
