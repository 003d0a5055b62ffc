"""Collects a scene's elements, back to front, with the scene's theme and motions at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from worker.layout.grid import Grid
from worker.layout.palettes import Palette
from worker.layout.reveals import Cues
from worker.layout.text import TextBlock, center_block, ink_box, place_block
from worker.layout.theme import Theme
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import (
    Box,
    Element,
    Motion,
    PanelElement,
    PolygonElement,
    Role,
    StrokeElement,
    TextElement,
    TextLine,
)
from worker.lessons.storyboard import Scene


@dataclass(frozen=True, slots=True)
class Name:
    """What an element is called and what it is to the student."""

    element_id: str
    role: Role


@dataclass(frozen=True, slots=True)
class Ink:
    """A text colour, and the colour it stands on."""

    color: str
    surface: str


@dataclass(slots=True)
class Canvas:
    """The elements of one scene while they are laid out."""

    cues: Cues
    theme: Theme
    palette: Palette
    grid: Grid
    elements: list[Element] = field(default_factory=list)

    @property
    def scene(self) -> Scene:
        """The scene that is laid out."""
        return self.cues.placed.scene

    def draw_first_fitting(self, *drawings: Callable[[Canvas], None]) -> None:
        """Draw the first of several layouts that the texts fit into.

        Raises:
            LayoutError: They fit into none; it is the last layout's.
        """
        start = len(self.elements)
        for drawing in drawings[:-1]:
            try:
                drawing(self)
            except LayoutError:
                del self.elements[start:]
            else:
                return
        drawings[-1](self)

    @property
    def ink(self) -> Ink:
        """Main text on the background."""
        return Ink(self.palette.ink, self.palette.background)

    @property
    def card_ink(self) -> Ink:
        """Main text on a card."""
        return Ink(self.palette.ink, self.palette.card)

    def text(
        self, name: Name, block: TextBlock, at: tuple[int, int], ink: Ink, motion: Motion
    ) -> Box:
        """Add text flush left, its first capitals' top left corner at `at`."""
        return self._add_text(name, block, place_block(block, *at), ink, motion)

    def centered_text(
        self, name: Name, block: TextBlock, box: Box, ink: Ink, motion: Motion
    ) -> Box:
        """Add text in the middle of a box."""
        return self._add_text(name, block, center_block(block, box), ink, motion)

    def _add_text(
        self,
        name: Name,
        block: TextBlock,
        lines: tuple[TextLine, ...],
        ink: Ink,
        motion: Motion,
    ) -> Box:
        box = ink_box(lines, block.font_size, block.weight)
        self.elements.append(
            TextElement(
                element_id=name.element_id,
                role=name.role,
                box=box,
                motion=motion,
                lines=lines,
                font_size=block.font_size,
                weight=block.weight,
                color=ink.color,
                surface=ink.surface,
            )
        )
        return box

    def panel(self, name: Name, box: Box, fill: str, motion: Motion, radius: int = 0) -> None:
        """Add a filled rectangle."""
        self.elements.append(PanelElement(name.element_id, name.role, box, motion, fill, radius))

    def strokes(
        self,
        name: Name,
        paths: tuple[tuple[tuple[float, float], ...], ...],
        color: str,
        width: float,
        motion: Motion,
    ) -> None:
        """Add polylines; their box follows from them."""
        box = _around([point for path in paths for point in path], round(width / 2) + 1)
        self.elements.append(
            StrokeElement(name.element_id, name.role, box, motion, paths, color, width)
        )

    def polygon(
        self, name: Name, corners: tuple[tuple[float, float], ...], fill: str, motion: Motion
    ) -> None:
        """Add a filled polygon; its box follows from it."""
        box = _around(corners, 0)
        self.elements.append(PolygonElement(name.element_id, name.role, box, motion, corners, fill))


def _around(points: Sequence[tuple[float, float]], reach: int) -> Box:
    """The box that holds all points and what reaches around them, in whole pixels."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top = int(min(xs)) - reach, int(min(ys)) - reach
    return Box(left, top, int(max(xs)) + reach + 1 - left, int(max(ys)) + reach + 1 - top)
