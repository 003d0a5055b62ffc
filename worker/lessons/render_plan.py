"""The complete, picklable input of a render: nothing is decided after it.

A scene is one plan, so that its segment can be rendered as soon as its narration exists. Plans
are frozen and hashable: equal plans draw equal frames, which makes a plan's digest a cache key.
All positions are pixels from the frame's top left corner; all times are frames of the scene.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

FRAME_WIDTH = 1920
FRAME_HEIGHT = 1080

CAPTION_ZONE_TOP = 928
"""Nothing is drawn from this line down: players put captions there (14% of 1080; ours)."""

UPRIGHT_CAPTION_ZONE_TOP = 1664
"""The same in upright frames, where two lines of captions need no more (13% of 1920; ours)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, from the frame's top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.y + self.height

    def overlaps(self, other: Box) -> bool:
        """Whether the two boxes share a pixel."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def contains(self, other: Box) -> bool:
        """Whether every pixel of the other box is in this one."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right, bottom = max(self.right, other.right), max(self.bottom, other.bottom)
        return Box(x, y, right - x, bottom - y)

    def moved(self, dx: int, dy: int) -> Box:
        """The same box elsewhere."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def inset(self, horizontal: int, vertical: int) -> Box:
        """The box inside, with a margin on every side."""
        return Box(
            self.x + horizontal,
            self.y + vertical,
            self.width - 2 * horizontal,
            self.height - 2 * vertical,
        )


@dataclass(frozen=True, slots=True)
class Dim:
    """A change of an element's opacity while it stays: from 1 to `opacity`, linearly.

    Attributes:
        first_frame: The first frame that differs.
        frame_count: The dimming is complete at `first_frame + frame_count`.
    """

    first_frame: int
    frame_count: int
    opacity: float


@dataclass(frozen=True, slots=True)
class Motion:
    """When an element is there, and how it comes and goes.

    Attributes:
        first_frame: The first frame on which it is (partly) visible.
        last_frame: The last frame on which it is (partly) visible.
        fade_in: Partly transparent frames at the start; fully there at `first_frame + fade_in`.
        fade_out: Partly transparent frames at the end.
        slide_x: Where it comes from, as an offset; it arrives when the fade-in ends.
        slide_y: As `slide_x`, downwards.
        dim: A lasting change of opacity in between.
    """

    first_frame: int
    last_frame: int
    fade_in: int = 0
    fade_out: int = 0
    slide_x: int = 0
    slide_y: int = 0
    dim: Dim | None = None

    def opacity_at(self, frame: int) -> float:
        """Opacity from 0.0 (absent) to 1.0 at a frame of the scene."""
        if not self.first_frame <= frame <= self.last_frame:
            return 0.0
        coming = min(1.0, (frame - self.first_frame + 1) / (self.fade_in + 1))
        going = min(1.0, (self.last_frame - frame + 1) / (self.fade_out + 1))
        return coming * going * self._dimmed_at(frame)

    def _dimmed_at(self, frame: int) -> float:
        if self.dim is None or frame < self.dim.first_frame:
            return 1.0
        share = min(1.0, (frame - self.dim.first_frame + 1) / (self.dim.frame_count + 1))
        return 1.0 - (1.0 - self.dim.opacity) * share

    def offset_at(self, frame: int) -> tuple[int, int]:
        """Pixels right and down of the resting place at a frame; it eases out (cubic)."""
        done = min(1.0, max(0.0, (frame - self.first_frame + 1) / (self.fade_in + 1)))
        left = (1.0 - done) ** 3
        return round(self.slide_x * left), round(self.slide_y * left)

    def state_at(self, frame: int) -> tuple[float, int, int]:
        """Opacity and offset at a frame; what is absent has none."""
        opacity = self.opacity_at(frame)
        return (opacity, *self.offset_at(frame)) if opacity > 0 else (0.0, 0, 0)

    def changing_frames(self) -> frozenset[int]:
        """Frames on which the element looks other than on the frame before."""
        return _changing_frames(self)


@lru_cache(maxsize=1024)
def _changing_frames(motion: Motion) -> frozenset[int]:
    """See `Motion.changing_frames`; many elements move alike, and each is asked twice."""
    frames = set(range(motion.first_frame, motion.first_frame + motion.fade_in + 1))
    frames |= set(range(motion.last_frame - motion.fade_out + 1, motion.last_frame + 2))
    if (dim := motion.dim) is not None:
        frames |= set(range(dim.first_frame, dim.first_frame + dim.frame_count + 1))
    return frozenset(
        frame for frame in frames if motion.state_at(frame) != motion.state_at(frame - 1)
    )


class Role(StrEnum):
    """What an element is to the student; the quality gate and tests judge by it."""

    HEADER = "header"
    TITLE = "title"
    QUESTION = "question"
    BULLET = "bullet"
    DISPLAY = "display"
    ANSWER = "answer"
    LABEL = "label"
    DIAGRAM = "diagram"
    """A part of a visual that carries meaning."""
    DECORATION = "decoration"
    CURTAIN = "curtain"
    """Covers the body in the background's colour: the short fade at a scene's edges."""
    CAPTION = "caption"
    """A caption that is part of the picture; it alone stands in the caption zone."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One wrapped line.

    Attributes:
        x: Where the first glyph's origin is.
        baseline: The row on which the letters stand.
    """

    text: str
    x: int
    baseline: int


@dataclass(frozen=True, slots=True)
class TextElement:
    """Wrapped and positioned text.

    Attributes:
        element_id: Unique in its scene, such as ``bullet-2``.
        box: Holds every line from ascent to descent, and all ink.
        color: ``#rrggbb``.
        surface: The colour that is behind it, for judging contrast.
        weight: 100 to 900, as the variable font has it.
    """

    element_id: str
    role: Role
    box: Box
    motion: Motion
    lines: tuple[TextLine, ...]
    font_size: int
    weight: int
    color: str
    surface: str


@dataclass(frozen=True, slots=True)
class PanelElement:
    """A filled rectangle; rounded, it is a card, a pill, a dot or an accent bar.

    Attributes:
        radius: Of the corners; half of the shorter side makes a pill or a dot.
        outline: Colour of the line around it, inside the box; empty for none.
    """

    element_id: str
    role: Role
    box: Box
    motion: Motion
    fill: str
    radius: int = 0
    outline: str = ""
    outline_width: int = 0


@dataclass(frozen=True, slots=True)
class StrokeElement:
    """Polylines with round ends: ticks, crosses, arrows and ornaments.

    Attributes:
        box: Clips the lines.
        paths: Polylines; a path that ends where it starts is closed.
        stroke_width: In pixels.
    """

    element_id: str
    role: Role
    box: Box
    motion: Motion
    paths: tuple[tuple[tuple[float, float], ...], ...]
    color: str
    stroke_width: float


@dataclass(frozen=True, slots=True)
class PolygonElement:
    """A filled polygon with sharp corners: the arrows of diagrams.

    Attributes:
        box: Clips the polygon.
        corners: In order; the last is joined to the first.
    """

    element_id: str
    role: Role
    box: Box
    motion: Motion
    corners: tuple[tuple[float, float], ...]
    fill: str


@dataclass(frozen=True, slots=True)
class FormulaRun:
    """Signs of a formula with one font.

    Attributes:
        x: Where the first glyph's origin is.
        baseline: The row on which it stands.
    """

    text: str
    x: float
    baseline: float
    font_size: int
    is_italic: bool = False


@dataclass(frozen=True, slots=True)
class FormulaElement:
    """A formula that has been set.

    Attributes:
        box: Holds all ink.
        paths: Fraction bars and roots, as polylines.
        surface: The colour that is behind it, for judging contrast.
    """

    element_id: str
    role: Role
    box: Box
    motion: Motion
    runs: tuple[FormulaRun, ...]
    paths: tuple[tuple[tuple[float, float], ...], ...]
    stroke_width: float
    weight: int
    color: str
    surface: str


Element = TextElement | PanelElement | StrokeElement | PolygonElement | FormulaElement


@dataclass(frozen=True, slots=True)
class ScenePlan:
    """Everything that is drawn in one scene.

    Attributes:
        background: ``#rrggbb``, behind all elements.
        elements: From back to front.
    """

    scene_id: str
    width: int
    height: int
    frame_count: int
    background: str
    elements: tuple[Element, ...] = ()
