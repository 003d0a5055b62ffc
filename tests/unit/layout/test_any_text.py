"""Any text is laid out with every glyph whole and apart from the others, or refused by name.

`LAYOUT_EXAMPLES=10000` tries as many scenes; the default keeps the suite quick.
"""

from __future__ import annotations

import os
import unicodedata
from functools import cache

import fontpkg_inter
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.golden.gallery import place
from tests.unit.layout.test_scenes import TAUGHT, cards_that_cut, faults, lay_out, texts
from worker.layout.fonts import clean_text, load_font
from worker.lessons.errors import LayoutError
from worker.lessons.look import Look, Shape
from worker.lessons.render_plan import ScenePlan, TextElement
from worker.lessons.storyboard import SceneKind
from worker.rendering.sprites import draw_sprite

EXAMPLES = int(os.environ.get("LAYOUT_EXAMPLES", "60"))
MARGIN = 160
"""Room around a text in which ink that leaves its box would show."""

SCRIPTS = {
    "latin": "aegijlmopqrtyzAÅÉÖÜÇßñ",
    "vietnamese": "ắằẳẵặấầẩẫậếềểễệốồổỗộĐđ",
    "cyrillic": "абвгджзийклмщыюяЁЖЩЙ",
    "greek": "αβγδεζηθλμπρσφψωΆΈΏ",
    "arabic": "ابتثجحخدرزسشصضطعغفقكلمنهوي",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "devanagari": "अआइईउऊकखगघचछजझटठडढतथदधनपम",
    "han": "力学光合作用水分子细胞",
    "emoji": "😀🚀❤⚠★✓",
    "marks": "a\u0301\u0308\u0323e\u0302x\u0304q\u0331",
    "signs": "0123456789+-=<>()[]/²₂√≈→·%°\u2212\u201c\u201d\u2019\"'",
    "controls": "\u202e\u200f\u200d\u0000\u00ad\ue000\ufe0f\u2028",
}
REFUSALS = ("no glyph for U+", "do not fit", "U+", "nothing to draw")
READABLE = {"latin", "vietnamese", "cyrillic", "greek", "signs"}

word = st.sampled_from(sorted(SCRIPTS)).flatmap(
    lambda script: st.text(SCRIPTS[script], min_size=1, max_size=12)
)
plain_word = st.sampled_from(sorted(READABLE)).flatmap(
    lambda script: st.text(SCRIPTS[script], min_size=1, max_size=10)
)
long_word = st.sampled_from(sorted(READABLE)).flatmap(
    lambda script: st.text(SCRIPTS[script], min_size=30, max_size=120)
)
# Mostly what the font has: a text with one foreign letter is refused at once.
phrase = (
    st.lists(plain_word, min_size=1, max_size=9).map(" ".join)
    | st.lists(plain_word, min_size=1, max_size=9).map(" ".join)
    | st.lists(word, min_size=1, max_size=5).map(" ".join)
    | st.tuples(plain_word, long_word).map(" ".join)
)


def ink_around(text: TextElement) -> tuple[NDArray[np.bool_], bool]:
    """The ink of a text on a canvas with room around its box, and whether two lines share some.

    Each line is drawn alone, on a strip of the canvas around its baseline.
    """
    font = load_font(text.font_size, text.weight)
    width = text.box.width + 2 * MARGIN
    whole = np.zeros((text.box.height + 2 * MARGIN, width), bool)
    do_lines_touch = False
    for line in text.lines:
        baseline = line.baseline - text.box.y + MARGIN
        top = max(0, baseline - 2 * text.font_size)
        strip = Image.new("L", (width, min(3 * text.font_size, len(whole) - top)), 0)
        at = (line.x - text.box.x + MARGIN, baseline - top)
        ImageDraw.Draw(strip).text(at, line.text, 255, font, anchor="ls")
        ink, place = np.asarray(strip) > 0, whole[top : top + strip.height]
        do_lines_touch = do_lines_touch or bool((place & ink).any())
        place |= ink
    return whole, do_lines_touch


def faults_of_ink(plan: ScenePlan) -> list[str]:
    """Texts that lose ink at their box's edge, or whose lines share a pixel."""
    found = []
    for text in texts(plan):
        whole, do_lines_touch = ink_around(text)
        inside = whole[MARGIN:-MARGIN, MARGIN:-MARGIN]
        if inside.sum() != whole.sum():
            found.append(f"{text.element_id} is cut off")
        drawn = np.asarray(draw_sprite(text).getchannel("A")) > 0
        if not (drawn == inside).all():
            found.append(f"{text.element_id} is not drawn whole")
        if do_lines_touch:
            found.append(f"{text.element_id} has lines that touch")
    return found


@cache
def glyphs() -> frozenset[int]:
    with TTFont(f"{fontpkg_inter.ROOT}/files/Inter[opsz,wght].ttf") as font:
        return frozenset(font.getBestCmap())


def missing_glyphs(plan: ScenePlan) -> set[str]:
    return {
        char
        for text in texts(plan)
        for line in text.lines
        for char in line.text
        if ord(char) not in glyphs()
    }


@pytest.mark.timeout(180 + EXAMPLES)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    title=phrase,
    bullets=st.lists(phrase, max_size=4),
    kind=st.sampled_from(TAUGHT),
    shape=st.sampled_from(Shape),
)
def test_any_text_is_laid_out_whole_or_refused_by_name(
    title: str, bullets: list[str], kind: SceneKind, shape: Shape
) -> None:
    try:
        plan = lay_out(place(kind, title, bullets), look=Look(shape))
    except LayoutError as error:
        assert any(why in error.message for why in REFUSALS)  # noqa: PT017 - either is right
        return
    assert faults(plan) + cards_that_cut(plan) + faults_of_ink(plan) == []
    assert missing_glyphs(plan) == set()
    (drawn,) = [one for one in texts(plan) if one.element_id == "title"]
    words = " ".join(line.text for line in drawn.lines)
    assert words == clean_text(title).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("script", sorted(set(SCRIPTS) - READABLE - {"marks"}))
def test_a_script_that_cannot_be_drawn_is_refused_by_its_letters(script: str) -> None:
    letter = next(char for char in SCRIPTS[script] if char not in "❤⚠★✓")
    with pytest.raises(LayoutError) as refused:
        clean_text(f"see {letter}")
    assert f"U+{ord(letter):04X} {unicodedata.name(letter, 'unnamed')}" in refused.value.message


@pytest.mark.parametrize("text", ["", " ", "\u2028", "\N{NO-BREAK SPACE}"])
@pytest.mark.parametrize("kind", [SceneKind.HOOK, SceneKind.EXPLANATION])
def test_a_text_that_nobody_would_see_is_refused(text: str, kind: SceneKind) -> None:
    for placed in (place(kind, text), place(kind, "A title", (text, "And more"))):
        with pytest.raises(LayoutError, match="nothing to draw"):
            lay_out(placed)


@pytest.mark.parametrize("script", sorted(READABLE))
def test_a_script_that_the_font_has_is_drawn(script: str) -> None:
    plan = lay_out(place(SceneKind.HOOK, "A title", (SCRIPTS[script][:12],)))
    assert faults_of_ink(plan) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x\u0301\u0302", "U+0302 COMBINING CIRCUMFLEX ACCENT is one mark too many"),
        ("a \u0301", "U+0301 COMBINING ACUTE ACCENT stands on no letter"),
        ("\u0301", "U+0301 COMBINING ACUTE ACCENT stands on no letter"),
    ],
)
def test_marks_that_a_line_cannot_hold_are_refused_by_name(text: str, why: str) -> None:
    with pytest.raises(LayoutError) as refused:
        clean_text(text)
    assert why in refused.value.message
