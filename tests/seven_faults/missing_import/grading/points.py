"""Turns answers into points."""

from __future__ import annotations


def points(right: int, asked: int) -> int:
    """Return the points of a test, rounded up."""
    return math.ceil(100 * right / asked)
