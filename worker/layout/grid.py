"""Where things stand on a frame, in pixels: one grid for each shape, and what they share."""

from __future__ import annotations

from dataclasses import dataclass

from worker.lessons.look import Shape
from worker.lessons.render_plan import (
    CAPTION_ZONE_TOP,
    FRAME_HEIGHT,
    FRAME_WIDTH,
    UPRIGHT_CAPTION_ZONE_TOP,
    Box,
)

HEADER_SIZE = 36
BODY_TOP_GAP = 56
BADGE = 88
CORNER = 26
"""Radius of cards and panels."""

GAP = 24
"""Between neighbours of one group."""

GUTTER = 56
"""Between columns."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The lines that all scenes of one shape keep to.

    Attributes:
        caption_top: Nothing is drawn from this row down.
        header_top: The capitals of the header.
        body_bottom: The last row of content: what slides in from below still stays out of the
            caption zone.
        band_height: Of a display that stands below other things.
        tallest_row: Rows of a list grow into a body that has room, up to here.
        type_steps: By how many sizes of the type scale texts may be larger where there is room:
            upright frames are watched in the hand.
    """

    shape: Shape
    width: int
    height: int
    caption_top: int
    margin: int
    header_top: int
    title_top: int
    body_bottom: int
    band_height: int
    tallest_row: int
    type_steps: int

    @property
    def is_upright(self) -> bool:
        """Whether things that belong together stand below each other, not side by side."""
        return self.shape is Shape.PORTRAIT

    @property
    def content_width(self) -> int:
        """From margin to margin."""
        return self.width - 2 * self.margin

    @property
    def right(self) -> int:
        """The first column of the right margin."""
        return self.width - self.margin

    @property
    def stage(self) -> Box:
        """Everything above the caption zone."""
        return Box(0, 0, self.width, self.caption_top)

    def body_from(self, top: int) -> Box:
        """The body below a row."""
        return Box(self.margin, top, self.content_width, self.body_bottom - top)


LANDSCAPE = Grid(
    shape=Shape.LANDSCAPE,
    width=FRAME_WIDTH,
    height=FRAME_HEIGHT,
    caption_top=CAPTION_ZONE_TOP,
    margin=120,
    header_top=62,
    title_top=150,
    body_bottom=888,
    band_height=164,
    tallest_row=176,
    type_steps=0,
)
PORTRAIT = Grid(
    shape=Shape.PORTRAIT,
    width=FRAME_HEIGHT,
    height=FRAME_WIDTH,
    caption_top=UPRIGHT_CAPTION_ZONE_TOP,
    margin=72,
    header_top=104,
    title_top=196,
    body_bottom=1624,
    band_height=236,
    tallest_row=280,
    type_steps=2,
)
GRIDS = {grid.shape: grid for grid in (LANDSCAPE, PORTRAIT)}


def stacked(heights: tuple[int, ...], gap: int, inside: Box) -> tuple[int, ...]:
    """The tops of items that are stacked and centred in a box."""
    total = sum(heights) + gap * (len(heights) - 1)
    top = inside.y + max(0, (inside.height - total) // 2)
    tops = []
    for height in heights:
        tops.append(top)
        top += height + gap
    return tuple(tops)
