"""Things in a row with the forces on them: arrows as long as the forces are strong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import BOLD, MEDIUM, SEMIBOLD
from worker.layout.grid import CORNER
from worker.layout.parts import Part, Parts
from worker.layout.text import MINIMUM_SIZE, TextBlock, TextStyle, set_text
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Box, PanelElement, Role
from worker.lessons.visuals import Direction, Force, ForceDiagram, Thing

_LONGEST_ARROWS = range(300, 90, -20)
_TEXT_SIZES = (54, 48, 42, MINIMUM_SIZE)
"""To try, in pixels; text counts more than arrows, since it is read and they are compared."""

_SIZES = sorted(
    product(_LONGEST_ARROWS, _TEXT_SIZES), key=lambda sizes: -sizes[0] * sizes[1] ** 1.5
)

SHORTEST_ARROW = 32
"""Below this length an arrow is all head, and lengths cannot be compared. (ours)"""

_WIDEST = 4000
_PADDING = 32
_NARROWEST_THING = 150
_LOWEST_THING = 132
_OUTLINE = 4
_TOUCH = 12
"""Between a thing and its arrow."""

_GAP = 24
"""Between neighbours, with their arrows."""

_SHAFT = 18
_HEAD_WIDTH = 50
_HEAD_LENGTH = 42
_LABEL_GAP = 30
"""Between an arrow's head and its label."""

_DETAIL_GAP = 24
_PILL = (18, 16)
"""How far a label's highlight reaches around it; descenders reach 13 at the largest size."""

_NET_DROP = 66
"""From a thing's lower edge to the middle of the net force's arrow."""

_SLIDE = 30
"""Pixels that an arrow travels while it appears, the way it points."""

_STEP = {
    Direction.LEFT: (-1, 0),
    Direction.RIGHT: (1, 0),
    Direction.UP: (0, -1),
    Direction.DOWN: (0, 1),
}


def draw_force_diagram(canvas: Canvas, diagram: ForceDiagram, box: Box, parts: Parts) -> None:
    """Draw the diagram in the middle of a box, as large as it fits.

    Raises:
        LayoutError: It does not fit with arrows that can be told apart.
    """
    for longest, size in _SIZES:
        sketch = _Sketch(diagram, longest, size)
        width, height = sketch.extent
        tells_apart = min(sketch.lengths.values()) >= SHORTEST_ARROW
        if tells_apart and width <= box.width and height <= box.height:
            left = box.x + (box.width - width) // 2
            top = box.y + (box.height - height) // 2
            _Drawing(canvas, sketch, parts).draw(left, top)
            return
    raise LayoutError(
        "a force diagram does not fit with arrows that can be told apart",
        "shorten its names and labels, or show fewer things or forces that differ less",
    )


class _Sketch:
    """What a diagram measures with arrows and texts of a certain size."""

    def __init__(self, diagram: ForceDiagram, longest: int, size: int) -> None:
        self.diagram = diagram
        strongest = max(force.strength for force in diagram.forces)
        self.lengths = {
            force.part_id: round(longest * force.strength / strongest) for force in diagram.forces
        }
        label, name = TextStyle(BOLD, size), TextStyle(SEMIBOLD, size)
        detail = TextStyle(MEDIUM, min(size, 42))
        self.labels = {
            force.part_id: set_text(force.label, _WIDEST, size, label) for force in diagram.forces
        }
        self.names = [set_text(one.name, _WIDEST, size, name) for one in diagram.things]
        self.details = [
            set_text(one.detail, _WIDEST, detail.largest, detail) if one.detail else None
            for one in diagram.things
        ]

    @property
    def thing_width(self) -> int:
        blocks = [*self.names, *(block for block in self.details if block)]
        return max(_NARROWEST_THING, max(block.width for block in blocks) + 2 * _PADDING)

    @property
    def thing_height(self) -> int:
        with_details = [block for block in self.details if block]
        text = self.names[0].height
        if with_details:
            text += _DETAIL_GAP + with_details[0].height
        lowest = max(_LOWEST_THING, text + 2 * (_PADDING + 10))
        if any(self._going(Direction.UP)):
            # The labels of lying arrows stay below the thing's upper edge, those of standing
            # arrows above it.
            label = max(block.height for block in self.labels.values())
            lowest = max(lowest, 2 * (_HEAD_WIDTH // 2 + _LABEL_GAP + label + _PILL[1]))
        return lowest

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height of the whole diagram, in pixels."""
        things = self.diagram.things
        width = sum(sum(self.reach(one)) for one in things) + _GAP * (len(things) - 1)
        return width, self.above + self.thing_height + self.below

    @property
    def above(self) -> int:
        """Height of what stands above the things."""
        return max((self._rise(force) for force in self._going(Direction.UP)), default=0)

    @property
    def below(self) -> int:
        """Height of what stands below the things."""
        hanging = [self._rise(force) for force in self._going(Direction.DOWN)]
        nets = [
            _NET_DROP + _HEAD_WIDTH // 2 + _LABEL_GAP + self.labels[f.part_id].height
            for f in self.diagram.forces
            if f.is_net
        ]
        return max([0, *hanging, *nets])

    def _rise(self, force: Force) -> int:
        """How far a standing arrow and its label reach from its thing's edge."""
        label = self.labels[force.part_id].height + 2 * _PILL[1]
        return _TOUCH + max(self.lengths[force.part_id], label)

    def reach(self, thing: Thing) -> tuple[int, int]:
        """How far a thing, its arrows and labels reach left and right of its middle."""
        left = right = self.thing_width // 2
        for force in self.diagram.forces:
            if force.on == thing.part_id:
                away, other = self._reach_of(force)
                if force.direction is Direction.LEFT:
                    left, right = max(left, away), max(right, other)
                else:
                    left, right = max(left, other), max(right, away)
        return left, right

    def _reach_of(self, force: Force) -> tuple[int, int]:
        """How far a force reaches from its thing's middle: the way it points, and the other."""
        half = self.thing_width // 2
        length, label = self.lengths[force.part_id], self.labels[force.part_id].width
        if force.is_net:
            return max(length - half, (length + label) // 2 - half), (label - length) // 2 + half
        if force.direction.is_horizontal:
            return half + _TOUCH + max(length, label + 2 * _PILL[0]), half
        return _HEAD_WIDTH // 2 + _LABEL_GAP + label, half

    def _going(self, direction: Direction) -> Iterator[Force]:
        return (f for f in self.diagram.forces if f.direction is direction and not f.is_net)


@dataclass(frozen=True, slots=True)
class _Drawing:
    canvas: Canvas
    sketch: _Sketch
    parts: Parts

    def draw(self, left: int, top: int) -> None:
        sketch = self.sketch
        width, height = sketch.thing_width, sketch.thing_height
        boxes = {}
        for thing in sketch.diagram.things:
            reach = sketch.reach(thing)
            middle = left + reach[0]
            boxes[thing.part_id] = Box(middle - width // 2, top + sketch.above, width, height)
            left = middle + reach[1] + _GAP
        for index, thing in enumerate(sketch.diagram.things):
            self._draw_thing(index, boxes[thing.part_id], self.parts.part(thing.part_id))
        for force in sketch.diagram.forces:
            self._draw_force(force, boxes[force.on])

    def _draw_thing(self, index: int, box: Box, part: Part) -> None:
        palette, elements = self.canvas.palette, self.canvas.elements
        name = Name(f"{part.name}-face", Role.DIAGRAM)
        face = PanelElement(
            name.element_id,
            name.role,
            box,
            part.reveal(),
            palette.background,
            CORNER,
            palette.line,
            _OUTLINE,
        )
        elements.append(face)
        for number, motion in enumerate(part.spells(), start=1):
            elements.append(
                PanelElement(
                    f"{part.name}-glow-{number}",
                    Role.DIAGRAM,
                    box,
                    motion,
                    palette.highlight,
                    CORNER,
                    palette.accent,
                    _OUTLINE,
                )
            )
        ink, reveal = Ink(palette.ink, palette.highlight), part.reveal()
        title, detail = self.sketch.names[index], self.sketch.details[index]
        gap = _DETAIL_GAP if detail else 0
        height = title.height + gap + (detail.height if detail else 0)
        top = box.y + (box.height - height) // 2
        place = Box(box.x, top, box.width, title.height)
        self.canvas.centered_text(Name(part.name, Role.LABEL), title, place, ink, reveal)
        if detail:
            below = Box(box.x, place.bottom + gap, box.width, detail.height)
            name = Name(f"{part.name}-detail", Role.LABEL)
            self.canvas.centered_text(name, detail, below, ink, reveal)

    def _draw_force(self, force: Force, thing: Box) -> None:
        canvas, palette = self.canvas, self.canvas.palette
        part, step = self.parts.part(force.part_id), _STEP[force.direction]
        slide = (-step[0] * _SLIDE, -step[1] * _SLIDE)
        length = self.sketch.lengths[force.part_id]
        tail = _tail(force, thing)
        arrow = arrow_corners(tail, step, length)
        place = _label_place(force, tail, length, self.sketch.labels[force.part_id])
        pill = place.inset(-_PILL[0], -_PILL[1])
        name = Name(f"{part.name}-arrow", Role.DIAGRAM)
        canvas.polygon(name, arrow, palette.muted, part.reveal(slide))
        for number, motion in enumerate(part.spells(slide), start=1):
            name = Name(f"{part.name}-glow-{number}", Role.DIAGRAM)
            canvas.polygon(name, arrow, palette.accent, motion)
            name = Name(f"{part.name}-pill-{number}", Role.DIAGRAM)
            canvas.panel(name, pill, palette.highlight, motion, CORNER // 2)
        label, ink = self.sketch.labels[force.part_id], Ink(palette.ink, palette.highlight)
        name = Name(part.name, Role.LABEL)
        canvas.centered_text(name, label, place, ink, part.reveal(slide))


def _tail(force: Force, thing: Box) -> tuple[int, int]:
    """Where an arrow starts."""
    middle = (thing.x + thing.width // 2, thing.y + thing.height // 2)
    if force.is_net:
        start = thing.x if force.direction is Direction.RIGHT else thing.right
        return start, thing.bottom + _NET_DROP
    return {
        Direction.LEFT: (thing.x - _TOUCH, middle[1]),
        Direction.RIGHT: (thing.right + _TOUCH, middle[1]),
        Direction.UP: (middle[0], thing.y - _TOUCH),
        Direction.DOWN: (middle[0], thing.bottom + _TOUCH),
    }[force.direction]


def _label_place(force: Force, tail: tuple[int, int], length: int, label: TextBlock) -> Box:
    """The box of a label's capitals: above a lying arrow, right of a standing one."""
    x, y = tail
    dx, dy = _STEP[force.direction]
    if force.is_net:
        left = x + (dx * length - label.width) // 2
        return Box(left, y + _HEAD_WIDTH // 2 + _LABEL_GAP, label.width, label.height)
    if force.direction.is_horizontal:
        # Where the label is longer than its arrow, it starts where the arrow does.
        across = max(length, label.width + 2 * _PILL[0])
        left = x + (dx * across - label.width) // 2
        return Box(
            left, y - _HEAD_WIDTH // 2 - _LABEL_GAP - label.height, label.width, label.height
        )
    # Beside an arrow that is shorter than its label, the label still keeps off the thing.
    along = max(length, label.height + 2 * _PILL[1])
    top = y + (dy * along - label.height) // 2
    return Box(x + _HEAD_WIDTH // 2 + _LABEL_GAP, top, label.width, label.height)


def arrow_corners(
    tail: tuple[int, int], step: tuple[int, int], length: int
) -> tuple[tuple[float, float], ...]:
    """An arrow's outline: seven corners, the fourth of them its tip."""
    head = min(_HEAD_LENGTH, round(length * 0.6))
    neck = length - head
    half, wide = _SHAFT / 2, _HEAD_WIDTH / 2 * (head / _HEAD_LENGTH) ** 0.5
    outline = (
        (0.0, -half),
        (neck, -half),
        (neck, -wide),
        (length, 0.0),
        (neck, wide),
        (neck, half),
        (0.0, half),
    )
    dx, dy = step
    return tuple(
        (tail[0] + along * dx - across * dy, tail[1] + along * dy + across * dx)
        for along, across in outline
    )
