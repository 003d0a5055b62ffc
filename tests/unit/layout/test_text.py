"""Text is measured with the font that draws it, wrapped evenly, and never too small."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from worker.layout.fonts import clean_text, load_font
from worker.layout.text import (
    MINIMUM_SIZE,
    TYPE_SCALE,
    TextStyle,
    capitalised,
    ellipsize,
    fit_line,
    fit_text,
    fit_together,
    ink_box,
    place_block,
    set_text,
    text_width,
)
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Box

STYLE = TextStyle(weight=600, largest=92)
WORDS = st.lists(st.text("abcdefgijklmnopqy'(,.", min_size=1, max_size=12), min_size=1, max_size=12)


def test_a_text_takes_the_largest_size_that_fits() -> None:
    assert fit_text("gravity", 1600, 400, STYLE).font_size == 92
    assert fit_text("gravity " * 12, 600, 400, STYLE).font_size < 92


def test_a_text_that_does_not_fit_at_the_smallest_size_is_refused() -> None:
    with pytest.raises(LayoutError, match=f"{MINIMUM_SIZE} px"):
        fit_text("gravity " * 60, 400, 200, STYLE)


def test_a_word_that_is_wider_than_its_box_is_refused_and_not_cut() -> None:
    with pytest.raises(LayoutError):
        fit_text("deoxyribonucleicdeoxyribonucleic", 300, 400, STYLE)


def test_no_size_below_the_minimum_is_in_the_scale() -> None:
    assert min(TYPE_SCALE) == MINIMUM_SIZE == 36


def test_lines_are_balanced_so_that_no_word_stands_alone() -> None:
    block = set_text("Same strength but in opposite ways", 900, 62, STYLE)
    assert len(block.lines) == 2
    assert min(len(line.split()) for line in block.lines) >= 2


def test_a_formula_prefers_one_smaller_line_to_two_larger_ones() -> None:
    assert len(fit_line("F = \N{MINUS SIGN}F (B on A)", 500, 300, STYLE, smallest=54).lines) == 1


def test_texts_that_belong_together_share_one_size() -> None:
    blocks = fit_together(("short", "gravity " * 9), (600, 600), STYLE, lambda b: b[1].height < 300)
    assert blocks[0].font_size == blocks[1].font_size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("push or pull", "Push or pull"),
        ("a push", "A push"),
        ("x = 2", "x = 2"),
        ("pH of water", "pH of water"),
        ("sin x", "sin x"),
        ("50 N", "50 N"),
    ],
)
def test_words_are_capitalised_and_symbols_are_not(text: str, expected: str) -> None:
    assert capitalised(text) == expected


def test_a_header_that_is_too_long_ends_in_an_ellipsis() -> None:
    short = ellipsize("Why the sky is blue and sunsets are red", 400, 36, 600)
    assert short.endswith("…")
    assert text_width(short, 36, 600) <= 400


@given(words=WORDS, width=st.integers(300, 1600))
def test_wrapping_keeps_every_word_and_stays_within_the_width(words: list[str], width: int) -> None:
    text = " ".join(words)
    block = set_text(text, width, 48, STYLE)
    assert " ".join(block.lines) == clean_text(text)
    for line in block.lines:
        if " " in line:
            assert text_width(line, 48, 600) <= width


@given(text=st.text("gjpqyQÅfÇ|(", min_size=1, max_size=8), size=st.sampled_from(TYPE_SCALE))
def test_the_box_of_a_text_holds_all_of_its_ink(text: str, size: int) -> None:
    block = set_text(text, 4000, size, STYLE)
    lines = place_block(block, 200, 200)
    box = ink_box(lines, size, 600)
    image = Image.new("L", (box.right + 400, box.bottom + 400), 0)
    font = load_font(size, 600)
    for line in lines:
        ImageDraw.Draw(image).text((line.x, line.baseline), line.text, 255, font, anchor="ls")
    ink = image.getbbox()
    assert ink is not None
    assert box.contains(Box(ink[0], ink[1], ink[2] - ink[0], ink[3] - ink[1]))


def test_a_quotation_mark_hangs_in_the_margin_so_that_letters_are_flush() -> None:
    block = set_text('"Mass" is what it is', 4000, 60, STYLE)
    (hanging,) = place_block(block, 200, 200)
    assert hanging.x + text_width("\N{LEFT DOUBLE QUOTATION MARK}", 60, 600) == pytest.approx(
        200, abs=1
    )


def test_lines_whose_accents_would_touch_stand_farther_apart() -> None:
    style = replace(STYLE, leading=1.1)
    plain = set_text("gg gg", 100, 60, style)
    accented = set_text("gg Ẩg", 100, 60, style)
    assert len(plain.lines) == len(accented.lines) == 2
    assert accented.line_height > plain.line_height
