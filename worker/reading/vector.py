"""A visual as SVG: what a scene draws, sharp at any size, without a font or a pixel.

The shapes are those that `worker.rendering.sprites` draws. Texts become outlines, so that the
picture looks the same wherever it is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import quoteattr

from worker.layout.still_visual import StillVisual
from worker.lessons.render_plan import (
    Element,
    FormulaElement,
    PanelElement,
    PolygonElement,
    TextElement,
)
from worker.reading.glyphs import UNITS_PER_EM, Face, outline_of, places_of

_Point = tuple[float, float]


def draw_svg(still: StillVisual, description: str) -> str:
    """Return a picture of a visual on its card.

    Args:
        still: What to draw.
        description: The picture in words, for those who cannot see it.
    """
    box = still.box
    body = "".join(piece for element in still.elements for piece in _draw(element))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{box.width}" height="{box.height}" '
        f'viewBox="{box.x} {box.y} {box.width} {box.height}" '
        f'role="img" aria-label={quoteattr(description)}>'
        f'<path fill="{still.fill}" d="M{box.x} {box.y}h{box.width}v{box.height}h-{box.width}z"/>'
        f"{body}</svg>\n"
    )


def _draw(element: Element) -> Iterator[str]:
    match element:
        case TextElement():
            face = Face(element.weight)
            for line in element.lines:
                at = (line.x, line.baseline)
                yield _text(line.text, at, element.font_size, face, element.color)
        case FormulaElement():
            for run in element.runs:
                face = Face(element.weight, run.is_italic)
                yield _text(run.text, (run.x, run.baseline), run.font_size, face, element.color)
            yield from _lines(element.paths, element.color, element.stroke_width)
        case PanelElement():
            yield _panel(element)
        case PolygonElement():
            yield f'<path fill="{element.fill}" d="{_polyline(element.corners)}Z"/>'
        case _:
            yield from _lines(element.paths, element.color, element.stroke_width)


def _text(text: str, at: _Point, size: int, face: Face, color: str) -> str:
    """One line of text, its letters in one path, in pixels."""
    scale = size / UNITS_PER_EM
    letters = "".join(
        f'<path transform="translate({_number(place / scale)} 0)" d="{outline}"/>'
        for character, place in zip(text, places_of(text, size, face), strict=True)
        if (outline := outline_of(character, face))
    )
    x, y = at
    moved = f"translate({_number(x)} {_number(y)}) scale({scale:.5f} -{scale:.5f})"
    return f'<g fill="{color}" transform="{moved}">{letters}</g>'


def _panel(element: PanelElement) -> str:
    """A rectangle; its outline lies within its box."""
    inset = element.outline_width / 2 if element.outline else 0.0
    box = element.box
    width, height = box.width - 2 * inset, box.height - 2 * inset
    radius = max(0.0, min(element.radius, box.width / 2, box.height / 2) - inset)
    line = (
        f' stroke="{element.outline}" stroke-width="{element.outline_width}"'
        if element.outline
        else ""
    )
    return (
        f'<rect x="{_number(box.x + inset)}" y="{_number(box.y + inset)}" '
        f'width="{_number(width)}" height="{_number(height)}" rx="{_number(radius)}" '
        f'fill="{element.fill}"{line}/>'
    )


def _lines(paths: Sequence[Sequence[_Point]], color: str, width: float) -> Iterator[str]:
    commands = "".join(_polyline(path) for path in paths)
    if commands:
        yield (
            f'<path fill="none" stroke="{color}" stroke-width="{_number(width)}" '
            f'stroke-linecap="round" stroke-linejoin="round" d="{commands}"/>'
        )


def _polyline(points: Sequence[_Point]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
