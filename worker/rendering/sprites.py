"""Elements drawn with Pillow, each as a transparent picture of its box.

MoviePy's own TextClip is never used: with pillow 11.2 and later it cuts off descenders.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from worker.layout.fonts import load_font
from worker.layout.theme import rgb
from worker.lessons.render_plan import (
    Element,
    FormulaElement,
    PanelElement,
    PolygonElement,
    StrokeElement,
    TextElement,
)

SUPERSAMPLING = 4
"""Shapes are drawn this much larger and scaled down, since Pillow's shapes have hard edges."""


@dataclass(frozen=True, slots=True)
class Ink:
    """An element of one colour at full opacity.

    Attributes:
        alpha: Mode L, of the size of the element's box.
        color: ``#rrggbb``.
    """

    alpha: Image.Image
    color: str


def draw_sprite(element: Element) -> Image.Image:
    """Draw an element at full opacity: RGBA, of the size of its box."""
    drawn = draw_ink(element)
    if drawn is None:
        return _draw_outlined(element)
    # Transparent pixels carry the colour, too, so that soft edges never darken.
    sprite = Image.new("RGBA", drawn.alpha.size, (*rgb(drawn.color), 0))
    sprite.putalpha(drawn.alpha)
    return sprite


def draw_ink(element: Element) -> Ink | None:
    """Draw an element at full opacity; None where it has more than one colour."""
    if isinstance(element, TextElement):
        return Ink(_draw_text(element), element.color)
    if isinstance(element, PanelElement):
        return None if element.outline else Ink(_draw_panel(element), element.fill)
    if isinstance(element, PolygonElement):
        return Ink(_draw_polygon(element), element.fill)
    if isinstance(element, FormulaElement):
        return Ink(_draw_formula(element), element.color)
    return Ink(_ink_paths(element), element.color)


def _draw_text(element: TextElement) -> Image.Image:
    ink = _blank(element)
    pen = ImageDraw.Draw(ink)
    font = load_font(element.font_size, element.weight)
    for line in element.lines:
        at = (line.x - element.box.x, line.baseline - element.box.y)
        pen.text(at, line.text, fill=255, font=font, anchor="ls")
    return ink


def _draw_panel(element: PanelElement) -> Image.Image:
    return _rounded(element.box.width, element.box.height, element.radius)


def _draw_outlined(element: Element) -> Image.Image:
    """A panel with a line around it: RGBA."""
    if not isinstance(element, PanelElement):
        raise TypeError(f"a {type(element).__name__} has no outline")
    width, height = element.box.width, element.box.height
    sprite = Image.new("RGBA", (width, height), (*rgb(element.outline), 0))
    sprite.putalpha(_rounded(width, height, element.radius))
    inset = element.outline_width
    inner = Image.new("RGBA", (width - 2 * inset, height - 2 * inset), rgb(element.fill))
    inner.putalpha(_rounded(*inner.size, element.radius - inset))
    sprite.alpha_composite(inner, (inset, inset))
    return sprite


def _rounded(width: int, height: int, radius: int) -> Image.Image:
    """A full rectangle; only its corners are supersampled, the rest is plain."""
    shape = Image.new("L", (width, height), 255)
    radius = max(0, min(radius, width // 2, height // 2))
    if radius:
        disc = _disc(radius)
        for left in (0, 1):
            for top in (0, 1):
                quarter = (left * radius, top * radius, (left + 1) * radius, (top + 1) * radius)
                corner = (left * (width - radius), top * (height - radius))
                shape.paste(disc.crop(quarter), corner)
    return shape


@lru_cache(maxsize=16)
def _disc(radius: int) -> Image.Image:
    """A full circle, white on black; a caption's boxes all have the same corners."""
    edge = 2 * radius * SUPERSAMPLING
    disc = Image.new("L", (edge, edge), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, edge - 1, edge - 1), fill=255)
    return disc.resize((2 * radius, 2 * radius), Image.Resampling.BOX)


def _draw_formula(element: FormulaElement) -> Image.Image:
    ink = _ink_paths(element) if element.paths else _blank(element)
    pen = ImageDraw.Draw(ink)
    for run in element.runs:
        font = load_font(run.font_size, element.weight, is_italic=run.is_italic)
        at = (run.x - element.box.x, run.baseline - element.box.y)
        pen.text(at, run.text, fill=255, font=font, anchor="ls")
    return ink


def _ink_paths(element: StrokeElement | FormulaElement) -> Image.Image:
    """The element's polylines, white on black, of the size of its box."""
    size = (element.box.width * SUPERSAMPLING, element.box.height * SUPERSAMPLING)
    ink = Image.new("L", size, 0)
    pen = ImageDraw.Draw(ink)
    width = round(element.stroke_width * SUPERSAMPLING)
    for path in element.paths:
        points = [
            ((x - element.box.x) * SUPERSAMPLING, (y - element.box.y) * SUPERSAMPLING)
            for x, y in path
        ]
        pen.line(points, fill=255, width=width, joint="curve")
        for x, y in (points[0], points[-1]):  # round ends
            half = width / 2 - 0.5
            pen.ellipse((x - half, y - half, x + half, y + half), fill=255)
    return ink.resize((element.box.width, element.box.height), Image.Resampling.BOX)


def _draw_polygon(element: PolygonElement) -> Image.Image:
    box = element.box
    ink = Image.new("L", (box.width * SUPERSAMPLING, box.height * SUPERSAMPLING), 0)
    corners = [
        ((x - box.x) * SUPERSAMPLING, (y - box.y) * SUPERSAMPLING) for x, y in element.corners
    ]
    ImageDraw.Draw(ink).polygon(corners, fill=255)
    return ink.resize((box.width, box.height), Image.Resampling.BOX)


def _blank(element: Element) -> Image.Image:
    return Image.new("L", (element.box.width, element.box.height), 0)
