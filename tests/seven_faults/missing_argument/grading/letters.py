"""Names grades."""

from __future__ import annotations

from grading.points import points

PASSED = 50


def letter(right: int) -> str:
    """Return P for passed and F for failed."""
    return "P" if points(right) >= PASSED else "F"
