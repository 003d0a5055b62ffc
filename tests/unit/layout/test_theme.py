"""Every text colour is readable on every surface it is set on."""

from __future__ import annotations

import pytest

from worker.layout.palettes import Palette, Verdict
from worker.layout.theme import (
    MINIMUM_CONTRAST,
    PAST_OPACITY,
    SUBJECTS,
    Theme,
    blend,
    contrast_ratio,
    theme_for,
)
from worker.lessons.look import Appearance

THEMES = [
    pytest.param(theme_for(subject, appearance), id=f"{subject}-{appearance.value}")
    for subject in (*SUBJECTS, "history")
    for appearance in Appearance
]


def palette_pairs(palette: Palette) -> list[tuple[str, str, str]]:
    surfaces = (palette.background, palette.card, palette.highlight)
    inks = [("ink", palette.ink, surface) for surface in surfaces]
    accents = [("accent", palette.accent, surface) for surface in surfaces]
    past = [("past ink", blend(palette.ink, s, PAST_OPACITY), s) for s in surfaces]
    return [
        *inks,
        *accents,
        *past,
        ("muted", palette.muted, palette.background),
        ("muted", palette.muted, palette.card),
        ("on accent", palette.on_accent, palette.accent),
    ]


def verdict_pairs(verdict: Verdict) -> list[tuple[str, str, str]]:
    return [
        ("verdict", verdict.ink, verdict.card),
        ("past verdict", blend(verdict.ink, verdict.card, PAST_OPACITY), verdict.card),
        ("mark", verdict.mark, verdict.card),
        ("on mark", verdict.on_mark, verdict.mark),
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_has_the_contrast_that_wcag_asks_for(theme: Theme) -> None:
    pairs = [
        *palette_pairs(theme.page),
        *palette_pairs(theme.stage),
        *verdict_pairs(theme.wrong),
        *verdict_pairs(theme.right),
    ]
    weak = [
        f"{name} {ink} on {surface}: {contrast_ratio(ink, surface):.2f}"
        for name, ink, surface in pairs
        if contrast_ratio(ink, surface) < MINIMUM_CONTRAST
    ]
    assert not weak


def test_contrast_is_that_of_the_wcag_examples() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_subjects_differ_in_colour_and_are_found_whatever_their_case() -> None:
    themes = [theme_for(subject) for subject in SUBJECTS]
    assert len({theme.stage.background for theme in themes}) == len(themes) >= 4
    dark = [theme_for(subject, Appearance.DARK) for subject in SUBJECTS]
    pages = {theme.page.background for theme in (*themes, *dark)}
    assert len(pages) == 2 * len(themes)
    assert theme_for("Physics") is theme_for("physics")


def test_an_unknown_subject_wears_the_default_theme() -> None:
    assert theme_for("history").subject == "default"
