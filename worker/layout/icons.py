"""Small line icons: paths in a unit square, placed and scaled where they are needed."""

from __future__ import annotations

from math import cos, pi, sin

from worker.lessons.render_plan import Box

Path = tuple[tuple[float, float], ...]
Icon = tuple[Path, ...]


def arc(center: tuple[float, float], radius: float, start: float, end: float) -> Path:
    """Part of a circle; angles in turns, clockwise from the right."""
    steps = max(2, round(abs(end - start) * 72))
    return tuple(
        (
            center[0] + radius * cos(2 * pi * (start + (end - start) * step / steps)),
            center[1] + radius * sin(2 * pi * (start + (end - start) * step / steps)),
        )
        for step in range(steps + 1)
    )


TICK: Icon = (((0.24, 0.53), (0.43, 0.71), (0.77, 0.31)),)
CROSS: Icon = (((0.29, 0.29), (0.71, 0.71)), ((0.71, 0.29), (0.29, 0.71)))
BULB: Icon = (
    (
        (0.40, 0.68),
        (0.40, 0.62),
        *arc((0.5, 0.41), 0.215, 0.35, 1.15),
        (0.60, 0.62),
        (0.60, 0.68),
        (0.40, 0.68),
    ),
    ((0.44, 0.80), (0.56, 0.80)),
)
RINGS: Icon = (arc((0.39, 0.5), 0.19, 0, 1), arc((0.61, 0.5), 0.19, 0, 1))
STEPS: Icon = tuple(
    path for y in (0.31, 0.50, 0.69) for path in (((0.27, y), (0.275, y)), ((0.42, y), (0.74, y)))
)
STAR: Icon = (
    tuple(
        (
            0.5 + (0.31 if corner % 2 == 0 else 0.145) * sin(pi * corner / 5),
            0.52 - (0.31 if corner % 2 == 0 else 0.145) * cos(pi * corner / 5),
        )
        for corner in range(11)
    ),
)

BOOK: Icon = (
    ((0.5, 0.33), (0.42, 0.28), (0.24, 0.28), (0.24, 0.69), (0.42, 0.69), (0.5, 0.74)),
    ((0.5, 0.33), (0.58, 0.28), (0.76, 0.28), (0.76, 0.69), (0.58, 0.69), (0.5, 0.74)),
    ((0.5, 0.33), (0.5, 0.74)),
)


def placed(icon: Icon, box: Box) -> Icon:
    """The icon's paths in pixels, filling a box."""
    return tuple(
        tuple((box.x + x * box.width, box.y + y * box.height) for x, y in path) for path in icon
    )
