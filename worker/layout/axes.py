"""Where the ticks of an axis stand."""

from __future__ import annotations

from math import ceil, floor, log10

_STEPS = (1, 2, 5, 10)
"""Times a power of ten: the steps that people count in."""

_ROUNDING = 1e-9
"""A tick on an axis' end stays on it in spite of binary fractions."""


def nice_step(length: float, most: int) -> float:
    """The smallest step of 1, 2 or 5 times a power of ten that cuts a length into few parts.

    Args:
        length: Above zero.
        most: No more parts than this.
    """
    power = 10.0 ** floor(log10(length / most))
    return next(
        (step * power for step in _STEPS if length / (step * power) <= most + _ROUNDING),
        10 * power,
    )


def ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Multiples of a nice step from one value to another."""
    return multiples(low, high, nice_step(high - low, most))


def multiples(low: float, high: float, step: float) -> tuple[float, ...]:
    """All multiples of a step from one value to another."""
    first, last = ceil(low / step - _ROUNDING), floor(high / step + _ROUNDING)
    return tuple(number * step for number in range(first, last + 1))
