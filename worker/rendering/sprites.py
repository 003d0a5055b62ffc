"""Elements drawn with Pillow, each as an RGBA picture of its box.

MoviePy's own TextClip is never used: with pillow 11.2 and later it cuts off descenders.
"""

from __future__ import annotations

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


def draw_sprite(element: Element) -> Image.Image:
    """Draw an element at full opacity: RGBA, of the size of its box."""
    if isinstance(element, TextElement):
        return _draw_text(element)
    if isinstance(element, PanelElement):
        return _draw_panel(element)
    if isinstance(element, PolygonElement):
        return _draw_polygon(element)
    if isinstance(element, FormulaElement):
        return _draw_formula(element)
    return _draw_strokes(element)


def _draw_text(element: TextElement) -> Image.Image:
    # Transparent pixels carry the text's colour, so that soft edges never darken.
    sprite = _blank(element, element.color)
    ink = Image.new("L", sprite.size, 0)
    pen = ImageDraw.Draw(ink)
    font = load_font(element.font_size, element.weight)
    for line in element.lines:
        at = (line.x - element.box.x, line.baseline - element.box.y)
        pen.text(at, line.text, fill=255, font=font, anchor="ls")
    sprite.putalpha(ink)
    return sprite


def _draw_panel(element: PanelElement) -> Image.Image:
    if not element.radius and not element.outline:
        return Image.new("RGBA", (element.box.width, element.box.height), rgb(element.fill))
    sprite = _blank(element, element.fill)
    if element.outline:
        sprite.paste((*rgb(element.outline), 0), (0, 0, *sprite.size))
        _fill_rounded(sprite, element.outline, element.radius, 0)
    _fill_rounded(sprite, element.fill, element.radius, element.outline_width)
    return sprite


def _fill_rounded(sprite: Image.Image, color: str, radius: int, inset: int) -> None:
    """Fill a rounded rectangle; only its corners are supersampled, the rest is plain."""
    width, height = sprite.width - 2 * inset, sprite.height - 2 * inset
    radius = max(0, min(radius - inset, width // 2, height // 2))
    shape = Image.new("L", (width, height), 255)
    if radius:
        disc = Image.new("L", (2 * radius * SUPERSAMPLING,) * 2, 0)
        edge = 2 * radius * SUPERSAMPLING - 1
        ImageDraw.Draw(disc).ellipse((0, 0, edge, edge), fill=255)
        disc = disc.resize((2 * radius, 2 * radius), Image.Resampling.BOX)
        for left in (0, 1):
            for top in (0, 1):
                quarter = (left * radius, top * radius, (left + 1) * radius, (top + 1) * radius)
                corner = (left * (width - radius), top * (height - radius))
                shape.paste(disc.crop(quarter), corner)
    layer = Image.new("RGBA", (width, height), (*rgb(color), 0))
    layer.putalpha(shape)
    sprite.alpha_composite(layer, (inset, inset))


def _draw_formula(element: FormulaElement) -> Image.Image:
    sprite = _blank(element, element.color)
    ink = _ink_paths(element) if element.paths else Image.new("L", sprite.size, 0)
    pen = ImageDraw.Draw(ink)
    for run in element.runs:
        font = load_font(run.font_size, element.weight, is_italic=run.is_italic)
        at = (run.x - element.box.x, run.baseline - element.box.y)
        pen.text(at, run.text, fill=255, font=font, anchor="ls")
    sprite.putalpha(ink)
    return sprite


def _draw_strokes(element: StrokeElement) -> Image.Image:
    sprite = _blank(element, element.color)
    sprite.putalpha(_ink_paths(element))
    return sprite


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
    sprite = _blank(element, element.fill)
    sprite.putalpha(ink.resize(sprite.size, Image.Resampling.BOX))
    return sprite


def _blank(element: Element, color: str) -> Image.Image:
    return Image.new("RGBA", (element.box.width, element.box.height), (*rgb(color), 0))


def fade(sprite: Image.Image, opacity: float) -> Image.Image:
    """The sprite at an opacity from 0.0 to 1.0; the same object at 1.0."""
    if opacity >= 1.0:
        return sprite
    faded = sprite.copy()
    faded.putalpha(sprite.getchannel("A").point([round(value * opacity) for value in range(256)]))
    return faded
