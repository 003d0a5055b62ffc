"""Colours: one theme per subject, each with a light or dark page and a dark stage.

Explaining happens on the page; questions and takeaways take the stage, so that a student feels
the rhythm of a lesson. Every text colour has a contrast of 4.5:1 or more on each surface it is
set on (WCAG 2.1 success criterion 1.4.3); a test computes them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from worker.layout.palettes import (
    DARK_PAGES,
    DARK_RIGHT,
    DARK_WRONG,
    DEFAULT,
    LIGHT_PAGES,
    LIGHT_RIGHT,
    LIGHT_WRONG,
    STAGES,
    Palette,
    Verdict,
)
from worker.lessons.look import Appearance

MINIMUM_CONTRAST = 4.5
"""WCAG 2.1 success criterion 1.4.3, level AA."""

PAST_OPACITY = 0.74
"""Opacity of a bullet's text once the next one is spoken; still above the minimum contrast."""


@dataclass(frozen=True, slots=True)
class Theme:
    """All colours of a subject, and the name of its ornament."""

    subject: str
    page: Palette
    stage: Palette
    wrong: Verdict
    right: Verdict


_LINEAR_BELOW = 0.04045
"""Where the curve of sRGB starts (IEC 61966-2-1; WCAG 2.1 links to it)."""

SUBJECTS = tuple(subject for subject in LIGHT_PAGES if subject != DEFAULT)
"""Subjects with a theme of their own; every other subject wears the default one."""


@cache
def _theme(subject: str, appearance: Appearance) -> Theme:
    stage = STAGES[subject]
    if appearance is Appearance.DARK:
        return Theme(subject, DARK_PAGES[subject], stage, DARK_WRONG, DARK_RIGHT)
    return Theme(subject, LIGHT_PAGES[subject], stage, LIGHT_WRONG, LIGHT_RIGHT)


def theme_for(subject: str, appearance: Appearance = Appearance.LIGHT) -> Theme:
    """The theme of a subject, whatever its case."""
    name = subject.strip().lower()
    return _theme(name if name in SUBJECTS else DEFAULT, appearance)


def rgb(color: str) -> tuple[int, int, int]:
    """The channels of ``#rrggbb``, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def blend(color: str, surface: str, opacity: float) -> str:
    """What a colour looks like at an opacity on a surface."""
    mixed = (
        round(above * opacity + below * (1 - opacity))
        for above, below in zip(rgb(color), rgb(surface), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def contrast_ratio(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21 (WCAG 2.1, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in rgb(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    if channel <= _LINEAR_BELOW:
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)
