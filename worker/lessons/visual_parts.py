"""What all visuals check alike, and how they write numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import isfinite

_MANY_DIGITS = 10_000
"""From here on thousands are set apart (ours, as textbooks do)."""


def repeated(names: Iterable[str]) -> list[str]:
    """The names that occur twice or more, sorted."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def part_faults(what: str, ids: Iterable[str], texts: Iterable[str]) -> Iterable[str]:
    """Faults that any visual may have: a part that occurs twice, a text with nothing in it."""
    yield from (f"part {one!r} occurs twice" for one in repeated(ids))
    if not all(text.strip() for text in texts):
        yield f"{what} has a text with nothing in it"


def count_faults(what: str, count: int, fewest: int, most: int) -> Iterable[str]:
    """The fault of having too few or too many."""
    if not fewest <= count <= most:
        yield f"{what}: {fewest} to {most} can be shown, not {count}"


def raise_faults(faults: Iterable[str]) -> None:
    """Refuse a visual, naming every fault.

    Raises:
        ValueError: There is a fault.
    """
    found = tuple(faults)
    if found:
        raise ValueError("; ".join(found))


def number_text(value: float) -> str:
    """A number as a textbook prints it: a real minus, no needless zeros, at most six digits.

    Raises:
        ValueError: It is no finite number.
    """
    if not isfinite(value):
        raise ValueError(f"{value} is no number that can be shown")
    rounded = float(f"{value:.6g}")
    plain = f"{abs(rounded):,.6f}" if abs(rounded) >= _MANY_DIGITS else f"{abs(rounded):.6f}"
    sign = "\N{MINUS SIGN}" if rounded < 0 else ""
    return sign + plain.rstrip("0").rstrip(".")
