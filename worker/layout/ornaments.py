"""One quiet line drawing for each subject, for the stage: it says where we are, no more.

Everything is drawn from formulas, within a box, in the colour of hairlines.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import cos, hypot, pi, sin

from worker.layout.icons import Path, arc
from worker.lessons.render_plan import Box

Drawing = tuple[Path, ...]


def ornament(subject: str, box: Box) -> Drawing:
    """The subject's drawing, filling the largest square in the middle of a box."""
    size = min(box.width, box.height)
    left = box.x + (box.width - size) / 2
    top = box.y + (box.height - size) / 2
    draw = _DRAWINGS.get(subject, _rings)
    return tuple(
        tuple((left + (x + 1) / 2 * size, top + (y + 1) / 2 * size) for x, y in path)
        for path in draw()
    )


def _rings() -> Drawing:
    """Circles that widen from a corner of a triangle of points."""
    return tuple(arc((0, 0), radius, 0, 1) for radius in (0.25, 0.5, 0.75, 1.0))


def _orbits() -> Drawing:
    """An atom: three ellipses around a nucleus."""
    return (*(_ellipse(1.0, 0.36, turn / 6) for turn in (0, 1, 2)), arc((0, 0), 0.09, 0, 1))


def _ellipse(width: float, height: float, turn: float) -> Path:
    angle = 2 * pi * turn
    return tuple(
        (x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle))
        for x, y in ((width * cos(t), height * sin(t)) for t in _steps(2 * pi, 120))
    )


def _hexagons() -> Drawing:
    """Seven rings of carbon, as in graphite."""
    side = 0.37
    centers = [(0.0, 0.0)]
    reach = side * 3**0.5
    centers += [(reach * cos(pi / 3 * k), reach * sin(pi / 3 * k)) for k in range(6)]
    return tuple(
        tuple(
            (x + side * cos(pi / 6 + pi / 3 * k), y + side * sin(pi / 6 + pi / 3 * k))
            for k in range(7)
        )
        for x, y in centers
    )


def _helix() -> Drawing:
    """A double helix with its rungs."""
    turns = 1.5
    strands = tuple(
        tuple((0.42 * sin(turns * pi * y + phase), y) for y in _steps(2, 120, -1))
        for phase in (0, pi)
    )
    rungs = tuple(
        ((0.42 * sin(turns * pi * y), y), (-0.42 * sin(turns * pi * y), y))
        for y in (step / 9 for step in range(-8, 9, 2))
        if abs(sin(turns * pi * y)) > 0.3  # noqa: PLR2004 - a shorter rung is a blot
    )
    return strands + rungs


def _curves() -> Drawing:
    """Axes, a parabola and a line through it."""
    return (
        ((-1, 0.62), (1, 0.62)),
        ((-0.62, -1), (-0.62, 1)),
        tuple((x, 0.35 - 2.6 * (x - 0.2) ** 2) for x in _steps(1.4, 120, -0.5)),
        ((-0.85, 0.85), (0.95, -0.5)),
    )


def _globe() -> Drawing:
    """The Earth with meridians and parallels."""
    meridians = tuple(_ellipse(width, 1.0, 0) for width in (0.42, 0.8))
    parallels = tuple(
        ((-((1 - y * y) ** 0.5), y), ((1 - y * y) ** 0.5, y)) for y in (-0.62, -0.22, 0.22, 0.62)
    )
    return (arc((0, 0), 1.0, 0, 1), ((0, -1), (0, 1)), *meridians, *parallels)


def _tree() -> Drawing:
    """A binary tree of three levels, each node a ring."""
    radius = 0.13
    levels = (((0.0, -0.8),), ((-0.5, 0.0), (0.5, 0.0)), tuple((x, 0.8) for x in _LEAVES))
    links = tuple(
        _between(above[index // 2], below, radius)
        for above, level in pairwise(levels)
        for index, below in enumerate(level)
    )
    return (*links, *(arc(center, radius, 0, 1) for level in levels for center in level))


_LEAVES = (-0.78, -0.26, 0.26, 0.78)


def _between(one: tuple[float, float], other: tuple[float, float], radius: float) -> Path:
    """The line between two rings, from edge to edge."""
    across, down = other[0] - one[0], other[1] - one[1]
    share = radius / hypot(across, down)
    return (
        (one[0] + across * share, one[1] + down * share),
        (other[0] - across * share, other[1] - down * share),
    )


def _steps(length: float, count: int, start: float = 0.0) -> tuple[float, ...]:
    return tuple(start + length * step / count for step in range(count + 1))


_DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "physics": _orbits,
    "chemistry": _hexagons,
    "biology": _helix,
    "mathematics": _curves,
    "earth science": _globe,
    "computing": _tree,
}
