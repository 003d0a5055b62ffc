"""No character is ever drawn as an empty box."""

from __future__ import annotations

import pytest

from worker.layout.fonts import clean_text, load_font
from worker.lessons.errors import LayoutError


def test_a_character_without_a_glyph_is_refused_by_its_code_point() -> None:
    with pytest.raises(LayoutError, match=r"U\+21CC RIGHTWARDS HARPOON OVER LEFTWARDS HARPOON"):
        clean_text("A ⇌ B")


def test_every_missing_character_is_named_at_once() -> None:
    with pytest.raises(LayoutError, match=r"U\+2208 ELEMENT OF, U\+4E2D CJK"):
        clean_text("x ∈ 中")


@pytest.mark.parametrize(
    "text",
    ["6CO₂ + 6H₂O → C₆H₁₂O₆", "x² ≤ √2 · π", "½ \N{MULTIPLICATION SIGN} 30° ≈ Δt", "Größe, año"],
)
def test_formulas_and_accents_of_lessons_have_glyphs(text: str) -> None:
    assert clean_text(text) == text


def test_a_sign_that_the_font_lacks_becomes_the_one_that_reads_the_same() -> None:
    assert clean_text("solid \u21c4 gas, 2\u22c53") == "solid \u2194 gas, 2\u00b73"


def test_line_breaks_and_doubled_spaces_become_one_space() -> None:
    assert clean_text("  a\n b \t c  ") == "a b c"


def test_a_no_break_space_keeps_a_number_and_its_unit_together() -> None:
    assert clean_text("70\u00a0N") == "70\u00a0N"


def test_decomposed_letters_are_composed_before_they_are_looked_up() -> None:
    assert clean_text("e\u0301") == "é"


def test_apostrophes_are_curly_and_primes_are_not() -> None:
    assert (
        clean_text("Newton's dogs' 5' f'(x)")
        == "Newton\N{RIGHT SINGLE QUOTATION MARK}s dogs\N{RIGHT SINGLE QUOTATION MARK} 5' f'(x)"
    )


def test_the_weight_axis_is_really_chosen() -> None:
    assert load_font(60, 800).getlength("mass") > load_font(60, 400).getlength("mass")


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("5000 - 1400 = 3600", "5000 \N{MINUS SIGN} 1400 = 3600"),
        ("x = -2", "x = \N{MINUS SIGN}2"),
        ("-10 °C", "\N{MINUS SIGN}10\N{NO-BREAK SPACE}°C"),
        ("well-known", "well-known"),
        ("2-3 terms", "2-3 terms"),
    ],
)
def test_a_hyphen_that_is_a_minus_becomes_one(written: str, drawn: str) -> None:
    assert clean_text(written) == drawn


def test_a_number_stays_with_its_unit_and_words_part() -> None:
    assert clean_text("40 kg and 80 kg, 3 mice") == (
        "40\N{NO-BREAK SPACE}kg and 80\N{NO-BREAK SPACE}kg, 3 mice"
    )


def test_quotation_marks_are_curly() -> None:
    assert clean_text('say "mass" (or "weight")') == (
        "say \N{LEFT DOUBLE QUOTATION MARK}mass\N{RIGHT DOUBLE QUOTATION MARK} "
        "(or \N{LEFT DOUBLE QUOTATION MARK}weight\N{RIGHT DOUBLE QUOTATION MARK})"
    )
