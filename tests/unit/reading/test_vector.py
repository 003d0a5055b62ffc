"""A picture as SVG shows what the renderer draws."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.reader import load_curriculum
from worker.layout.fonts import BOLD, load_font
from worker.layout.still_visual import StillVisual, draw_still
from worker.lessons.errors import LayoutError
from worker.lessons.look import LessonFace
from worker.lessons.render_plan import (
    Box,
    Motion,
    PanelElement,
    Role,
    TextElement,
    TextLine,
)
from worker.reading.glyphs import Face, outline_of, places_of
from worker.reading.vector import draw_svg

SVG = "{http://www.w3.org/2000/svg}"
STILL = Motion(0, 9)
BOX = Box(10, 20, 200, 100)


def drawn(*elements: TextElement | PanelElement) -> ET.Element:
    return ET.fromstring(draw_svg(StillVisual(BOX, "#ffffff", elements), 'a "b" & <c>'))  # noqa: S314


def test_a_picture_is_of_the_size_of_what_it_shows_and_says_what_it_is() -> None:
    root = drawn()
    assert root.attrib["viewBox"] == "10 20 200 100"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == 'a "b" & <c>'


def test_an_outline_lies_within_its_panel() -> None:
    panel = PanelElement(
        "p", Role.DIAGRAM, Box(20, 30, 100, 50), STILL, "#123456", 12, "#abcdef", 4
    )
    (rect,) = drawn(panel).iter(f"{SVG}rect")
    assert (rect.attrib["x"], rect.attrib["width"], rect.attrib["rx"]) == ("22", "96", "10")
    assert (rect.attrib["stroke"], rect.attrib["stroke-width"]) == ("#abcdef", "4")


def test_letters_stand_where_the_lesson_s_own_font_puts_them() -> None:
    """AV is kerned: the V begins before the A ends."""
    places = places_of("AVA", 100, Face(BOLD))
    font = load_font(100, BOLD)
    assert places[0] == 0.0
    assert places[1] < font.getlength("A")
    assert places[2] + font.getlength("A") == pytest.approx(font.getlength("AVA"))


def test_a_text_is_drawn_as_outlines_of_its_letters_and_needs_no_font() -> None:
    text = TextElement(
        *("t", Role.LABEL, BOX, STILL, (TextLine("gy p", 20, 60),), 64, BOLD, "#111111", "#ffffff")
    )
    root = drawn(text)
    assert not list(root.iter(f"{SVG}text"))
    (line,) = root.iter(f"{SVG}g")
    assert line.attrib["fill"] == "#111111"
    assert line.attrib["transform"] == "translate(20 60) scale(0.03125 -0.03125)"
    assert [one.attrib["d"] for one in line] == [outline_of(one, Face(BOLD)) for one in "gyp"]


def test_a_bolder_cut_has_other_outlines_and_descenders_go_below_the_line() -> None:
    light, bold = outline_of("g", Face(400)), outline_of("g", Face(800))
    assert light != bold
    assert min(int(one) for one in re.findall(r"-?\d+", light)) < -300


def test_a_visual_stands_still_complete_and_without_a_highlight() -> None:
    board = CurriculumWriter(load_curriculum()).write("newtons-third-law", 10, None, 180)
    scene = next(one for one in board.scenes if one.visual is not None)
    assert scene.visual is not None
    still = draw_still(scene, LessonFace(board.title, board.subject))
    names = [one.element_id for one in still.elements]
    for part in scene.visual.part_ids:
        assert any(name.startswith(f"part-{part}") for name in names), part
    assert not [name for name in names if name.endswith(("glow", "pill"))]
    assert all(still.box.contains(one.box) for one in still.elements)


def test_a_scene_without_a_visual_has_no_still_of_one() -> None:
    board = CurriculumWriter(load_curriculum()).write("newtons-third-law", 10, None, 180)
    with pytest.raises(LayoutError, match="no visual"):
        draw_still(board.scenes[0], LessonFace(board.title, board.subject))
