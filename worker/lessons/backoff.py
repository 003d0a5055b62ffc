"""Waits that double, as long as what is waited for does not come."""

from __future__ import annotations

MOST_DOUBLINGS = 16
"""Beyond it every longest wait is reached, and a power of two would outgrow a float."""


def doubled(first_seconds: float, times: int, longest_seconds: float) -> float:
    """Return a first wait, doubled so many times, and never longer than the longest, in seconds."""
    return min(first_seconds * 2.0 ** min(max(times, 0), MOST_DOUBLINGS), longest_seconds)


def jittered(seconds: float, draw: float) -> float:
    """Return a wait drawn from the upper half of one.

    What failed together then does not return together (AWS Architecture Blog, "Exponential
    Backoff And Jitter").

    Args:
        seconds: The longest it can be.
        draw: From 0 to 1.
    """
    return seconds * (0.5 + 0.5 * draw)
