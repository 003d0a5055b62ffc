"""Elements are drawn whole: nothing is cut off, and edges are soft."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from worker.layout.fonts import load_font
from worker.layout.formula import set_formula, stroke_width
from worker.layout.text import TextStyle, ink_box, place_block, set_text
from worker.lessons.formula import parse_formula
from worker.lessons.render_plan import (
    Box,
    FormulaElement,
    Motion,
    PanelElement,
    PolygonElement,
    Role,
    StrokeElement,
    TextElement,
)
from worker.rendering.sprites import draw_sprite

STILL = Motion(0, 10)


def text_element(text: str, size: int) -> TextElement:
    block = set_text(text, 4000, size, TextStyle(weight=700, largest=size))
    lines = place_block(block, 100, 100)
    return TextElement(
        element_id="text",
        role=Role.TITLE,
        box=ink_box(lines, size, 700),
        motion=STILL,
        lines=lines,
        font_size=size,
        weight=700,
        color="#102030",
        surface="#ffffff",
    )


def alpha(sprite: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(sprite.getchannel("A"))


@pytest.mark.parametrize("size", [36, 54, 116])
@pytest.mark.parametrize("text", ["gypsy quickly jumping", "Åÿ fjord (|Q|)", "C₆H₁₂O₆ → y₂"])
def test_no_ascender_descender_or_edge_of_a_text_is_cut_off(text: str, size: int) -> None:
    element = text_element(text, size)
    wide = Image.new("L", (element.box.width + 400, element.box.height + 400), 0)
    for line in element.lines:
        at = (line.x - element.box.x + 200, line.baseline - element.box.y + 200)
        ImageDraw.Draw(wide).text(at, line.text, 255, load_font(size, 700), anchor="ls")
    sprite = draw_sprite(element)
    assert int(alpha(sprite).sum()) == int(np.asarray(wide).sum()) > 0


@pytest.mark.parametrize("size", [70, 104])
@pytest.mark.parametrize(
    "source", [r"f = \frac{gy^2}{|Q|}", r"c = \sqrt{a^2 + b_j^2}", r"j_y \ge \frac{f}{\sqrt{Q}}"]
)
def test_no_sign_bar_or_root_of_a_formula_is_cut_off(source: str, size: int) -> None:
    typeset, thick = set_formula(parse_formula(source), size, 600), stroke_width(size)

    def drawn(box: Box) -> Image.Image:
        runs, paths = typeset.runs, typeset.paths
        return draw_sprite(
            FormulaElement(
                "f", Role.LABEL, box, STILL, runs, paths, thick, 600, "#102030", "#ffffff"
            )
        )

    box = typeset.ink_box(thick)
    inside, around = alpha(drawn(box)), alpha(drawn(box.inset(-60, -60)))
    assert int(inside.sum()) == int(around.sum()) > 0
    assert (inside == around[60:-60, 60:-60]).all()


def test_transparent_pixels_of_a_text_carry_its_colour_so_that_edges_stay_clean() -> None:
    sprite = np.asarray(draw_sprite(text_element("gyp", 60)))
    assert (sprite[..., :3] == (0x10, 0x20, 0x30)).all()


def test_a_rounded_panel_is_full_inside_and_empty_in_its_corners() -> None:
    panel = PanelElement("p", Role.BULLET, Box(5, 5, 200, 80), STILL, "#336699", radius=20)
    mask = alpha(draw_sprite(panel))
    assert mask.shape == (80, 200)
    assert mask[0, 0] == mask[-1, -1] == 0
    assert mask[40, 100] == mask[0, 100] == mask[40, 0] == 255
    assert (mask == mask[::-1, ::-1]).all()
    assert len(np.unique(mask)) > 4


def test_an_outline_lies_inside_the_panel() -> None:
    panel = PanelElement("p", Role.BULLET, Box(0, 0, 100, 60), STILL, "#ffffff", 10, "#ff0000", 4)
    sprite = draw_sprite(panel)
    assert sprite.getpixel((50, 1)) == (255, 0, 0, 255)
    assert sprite.getpixel((50, 30)) == (255, 255, 255, 255)


def test_a_stroke_has_round_ends_and_stays_in_its_box() -> None:
    stroke = StrokeElement(
        "s", Role.DECORATION, Box(0, 0, 60, 40), STILL, (((20, 20), (40, 20)),), "#000000", 10
    )
    mask = alpha(draw_sprite(stroke))
    assert mask[20, 30] == 255
    assert mask[20, 17] == 255
    assert mask[16, 15] < 128


def test_a_polygon_is_filled_to_its_corners_with_soft_edges() -> None:
    corners = ((10.0, 10.0), (50.0, 30.0), (10.0, 50.0))
    polygon = PolygonElement("p", Role.DIAGRAM, Box(10, 10, 41, 41), STILL, corners, "#336699")
    mask = alpha(draw_sprite(polygon))
    assert mask.shape == (41, 41)
    assert mask[20, 10] == 255
    assert mask[2, 30] == mask[38, 30] == 0
    assert int(mask.sum()) == pytest.approx(255 * 40 * 40 / 2, rel=0.06)
    assert len(np.unique(mask)) > 4
