"""Colours: one theme per subject, each with a light page and a dark stage.

Explaining happens on the page; questions and takeaways take the stage, so that a student feels
the rhythm of a lesson. Every text colour has a contrast of 4.5:1 or more on each surface it is
set on (WCAG 2.1 success criterion 1.4.3); a test computes them all.
"""

from __future__ import annotations

from dataclasses import dataclass

MINIMUM_CONTRAST = 4.5
"""WCAG 2.1 success criterion 1.4.3, level AA."""

PAST_OPACITY = 0.74
"""Opacity of a bullet's text once the next one is spoken; still above the minimum contrast."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one surface.

    Attributes:
        background: Behind everything.
        card: Behind grouped text.
        highlight: Behind the text that is spoken about now.
        ink: Main text, on all three.
        muted: Secondary text, on background and card.
        accent: Emphasis: bars, discs, and text on background, card and highlight.
        on_accent: Text on `accent`.
        line: Hairlines and ornaments; never text.
    """

    background: str
    card: str
    highlight: str
    ink: str
    muted: str
    accent: str
    on_accent: str
    line: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The colours of a wrong or a right idea: text and icon on a tinted card."""

    card: str
    ink: str
    mark: str
    on_mark: str


@dataclass(frozen=True, slots=True)
class Theme:
    """All colours of a subject, and the name of its ornament."""

    subject: str
    page: Palette
    stage: Palette
    wrong: Verdict
    right: Verdict


_WRONG = Verdict(card="#fdeceb", ink="#7a1712", mark="#c0261d", on_mark="#ffffff")
_RIGHT = Verdict(card="#e6f5ea", ink="#0f4a25", mark="#17793b", on_mark="#ffffff")


def _theme(subject: str, page: Palette, stage: Palette) -> Theme:
    return Theme(subject, page, stage, _WRONG, _RIGHT)


_DEFAULT = _theme(
    "default",
    Palette(
        background="#f5f7fb",
        card="#ffffff",
        highlight="#e2ebfd",
        ink="#111b2e",
        muted="#4a566d",
        accent="#1b4fc4",
        on_accent="#ffffff",
        line="#d3dcec",
    ),
    Palette(
        background="#0f1c3a",
        card="#1a2a50",
        highlight="#26396a",
        ink="#f7f9ff",
        muted="#b9c6e4",
        accent="#ffcb52",
        on_accent="#1d1600",
        line="#2b3d69",
    ),
)

_THEMES = {
    "physics": _theme(
        "physics",
        Palette(
            background="#f6f5fc",
            card="#ffffff",
            highlight="#e8e5fd",
            ink="#17142e",
            muted="#534f70",
            accent="#4b3bd1",
            on_accent="#ffffff",
            line="#dad6f0",
        ),
        Palette(
            background="#17123d",
            card="#241d58",
            highlight="#332a76",
            ink="#f8f7ff",
            muted="#c3bdec",
            accent="#ffc847",
            on_accent="#1f1700",
            line="#352c70",
        ),
    ),
    "chemistry": _theme(
        "chemistry",
        Palette(
            background="#f2f8f9",
            card="#ffffff",
            highlight="#d9f0f2",
            ink="#0b2429",
            muted="#425c63",
            accent="#0b6b78",
            on_accent="#ffffff",
            line="#cbe1e4",
        ),
        Palette(
            background="#062b33",
            card="#0d3d47",
            highlight="#14515d",
            ink="#f2fdff",
            muted="#abd3da",
            accent="#ffb86b",
            on_accent="#241200",
            line="#17505b",
        ),
    ),
    "biology": _theme(
        "biology",
        Palette(
            background="#f4f8f1",
            card="#ffffff",
            highlight="#e0f1d8",
            ink="#13241a",
            muted="#475a4c",
            accent="#24713a",
            on_accent="#ffffff",
            line="#d1e2cb",
        ),
        Palette(
            background="#0d2b1d",
            card="#163d2a",
            highlight="#205038",
            ink="#f4fff6",
            muted="#b4d6bf",
            accent="#d3ec5f",
            on_accent="#171d00",
            line="#235239",
        ),
    ),
    "mathematics": _theme(
        "mathematics",
        Palette(
            background="#faf5f8",
            card="#ffffff",
            highlight="#fae3ef",
            ink="#2a1022",
            muted="#664a5c",
            accent="#a81d6c",
            on_accent="#ffffff",
            line="#ead5e0",
        ),
        Palette(
            background="#33102b",
            card="#481a3d",
            highlight="#5d2550",
            ink="#fff6fb",
            muted="#e3bcd3",
            accent="#7fe3cf",
            on_accent="#00201a",
            line="#5c2a4f",
        ),
    ),
}

_LINEAR_BELOW = 0.04045
"""Where the curve of sRGB starts (IEC 61966-2-1; WCAG 2.1 links to it)."""

SUBJECTS = tuple(_THEMES)
"""Subjects with a theme of their own; every other subject wears the default one."""


def theme_for(subject: str) -> Theme:
    """The theme of a subject, whatever its case."""
    return _THEMES.get(subject.strip().lower(), _DEFAULT)


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
