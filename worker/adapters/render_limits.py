"""What one render child may do before it is replaced."""

from __future__ import annotations

from dataclasses import dataclass

from worker.lessons.errors import RenderTimeoutError

SECONDS_PER_FRAME = 0.2
"""Time that a frame may take: one that MoviePy composes whole takes 48 ms on a quiet core (a
full 1080p composite, measured); four times that, for four works on one core."""


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """The limits of one child.

    Attributes:
        least_seconds: What every render may take, however short; a child's start included.
        renders_per_child: Works after which a child is replaced: what a library leaks ends.
    """

    least_seconds: float = 60.0
    renders_per_child: int = 100

    def seconds_for(self, frames: int) -> float:
        """Return the time limit of a work over so many frames."""
        return self.least_seconds + SECONDS_PER_FRAME * frames

    def too_late(self, frames: int) -> RenderTimeoutError:
        """Return the error of a work that did not end in its time."""
        return RenderTimeoutError(
            f"a render of {frames} frames took longer than {self.seconds_for(frames):.0f} s",
            "a child hung and was killed; if renders are slow, raise WORKER_RENDER_TIMEOUT",
        )
