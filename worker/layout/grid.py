"""Where things stand on the 1920 x 1080 frame: one grid for all scenes, in pixels."""

from __future__ import annotations

from worker.lessons.render_plan import CAPTION_ZONE_TOP, FRAME_WIDTH, Box

MARGIN = 120
HEADER_TOP = 62
HEADER_SIZE = 36
TITLE_TOP = 150
BODY_TOP_GAP = 56
BODY_BOTTOM = 888
"""The last row of content: what slides in from below still stays out of the caption zone."""

CONTENT_WIDTH = FRAME_WIDTH - 2 * MARGIN
RIGHT = FRAME_WIDTH - MARGIN

BADGE = 88
CORNER = 26
"""Radius of cards and panels."""

GAP = 24
"""Between neighbours of one group."""

GUTTER = 56
"""Between columns."""

STAGE = Box(0, 0, FRAME_WIDTH, CAPTION_ZONE_TOP)


def column(left: int, top: int, width: int, bottom: int = BODY_BOTTOM) -> Box:
    """A box of the body that ends where the body ends."""
    return Box(left, top, width, bottom - top)


def stacked(heights: tuple[int, ...], gap: int, inside: Box) -> tuple[int, ...]:
    """The tops of items that are stacked and centred in a box."""
    total = sum(heights) + gap * (len(heights) - 1)
    top = inside.y + max(0, (inside.height - total) // 2)
    tops = []
    for height in heights:
        tops.append(top)
        top += height + gap
    return tuple(tops)
