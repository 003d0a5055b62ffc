"""Steps with arrows between them: from top to bottom, or in a circle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin

from worker.layout.canvas import Canvas, Ink, Name
from worker.layout.fonts import SEMIBOLD
from worker.layout.grid import CORNER
from worker.layout.part_labels import LINE_HEIGHT
from worker.layout.parts import Part, Parts
from worker.layout.text import TextBlock, TextStyle, fit_together, set_text
from worker.lessons.diagrams import Flow
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Box, PanelElement, Role

_STYLE = TextStyle(SEMIBOLD, largest=62, leading=1.15, max_lines=2)
_PADDING = (34, 20)
_OUTLINE = 4
_ARROW = (56, 84)
"""Shortest and longest arrow between two steps that stand above each other."""

_GROWTH = 0.6
"""By how much of its height a step grows where there is room."""

_NARROWEST = 0.7
"""Of the box's width: steps of short words still make a picture that fills its card."""

_SHAFT = 7
_HEAD = 26
_ROUND_PADDING = (24, 17)
_LONGEST_CHORD = 0.46
"""Widest step of a circle, as a share of the box's width."""

_CLEAR = 12
"""Between a step and its arrows."""

_ARC_STEPS = 720
_SHORTEST_ARROW = 34
_STILL = (0, 0)

_Point = tuple[float, float]


def draw_flow(canvas: Canvas, flow: Flow, box: Box, parts: Parts) -> None:
    """Draw the steps as large as they fit into a box.

    Raises:
        LayoutError: They do not fit with arrows between them.
    """
    if flow.is_cycle:
        _draw_cycle(canvas, flow, box, parts)
    else:
        _draw_chain(canvas, flow, box, parts)


def _draw_chain(canvas: Canvas, flow: Flow, box: Box, parts: Parts) -> None:
    count = len(flow.steps)

    def height_of(blocks: Sequence[TextBlock]) -> int:
        highest = max(block.height + 2 * max(_PADDING[1], block.overhang) for block in blocks)
        return count * highest + (count - 1) * _ARROW[0]

    blocks = fit_together(
        [step.label for step in flow.steps],
        (box.width - 2 * _PADDING[0] - 40,) * count,
        _STYLE,
        lambda found: height_of(found) <= box.height,
    )
    step = (height_of(blocks) - (count - 1) * _ARROW[0]) // count
    gap = min((box.height - count * step) // max(1, count - 1), _ARROW[1])
    spare = (box.height - count * step - (count - 1) * gap) // count
    step += min(spare, round(step * _GROWTH))
    width = max(block.width for block in blocks) + 2 * _PADDING[0]
    width = max(width, round(box.width * _NARROWEST))
    left = box.x + (box.width - width) // 2
    top = box.y + (box.height - count * step - (count - 1) * gap) // 2
    for index, one in enumerate(flow.steps):
        place = Box(left, top + index * (step + gap), width, step)
        part = parts.part(one.part_id)
        if index:
            middle = place.x + width / 2
            start = (middle, place.y - gap + _CLEAR)
            _draw_link(canvas, part, (start, (middle, place.y - _CLEAR / 2)))
        _draw_step(canvas, part, blocks[index], place)


@dataclass(frozen=True, slots=True)
class _Circle:
    """The steps of a cycle on an ellipse, the first one on top, clockwise."""

    center: _Point
    across: float
    down: float
    boxes: tuple[Box, ...]

    def at(self, turn: float) -> _Point:
        angle = 2 * pi * turn - pi / 2
        return (
            self.center[0] + self.across * cos(angle),
            self.center[1] + self.down * sin(angle),
        )

    def links(self) -> list[tuple[_Point, ...]]:
        """The arc between each step and the next one, where it is outside of both."""
        count, found = len(self.boxes), []
        for index in range(count):
            ends = (self.boxes[index], self.boxes[(index + 1) % count])
            turns = (
                (index + step / _ARC_STEPS * count) / count
                for step in range(_ARC_STEPS // count + 1)
            )
            arc = tuple(self.at(turn) for turn in turns)
            found.append(tuple(p for p in arc if not any(_near(box, p) for box in ends)))
        return found


def _draw_cycle(canvas: Canvas, flow: Flow, box: Box, parts: Parts) -> None:
    for size in _STYLE.sizes:
        circle, blocks = _circle(flow, box, size)
        links = circle.links()
        apart = not any(
            one.inset(-_CLEAR, -_CLEAR).overlaps(other)
            for number, one in enumerate(circle.boxes)
            for other in circle.boxes[number + 1 :]
        )
        inside = all(box.contains(one) for one in circle.boxes)
        if apart and inside and min(map(_length, links)) >= _SHORTEST_ARROW:
            for index, step in enumerate(flow.steps):
                part = parts.part(step.part_id)
                _draw_link(canvas, part, links[index - 1])
                _draw_step(canvas, part, blocks[index], circle.boxes[index])
            return
    raise LayoutError(
        "the steps of a cycle do not fit with arrows between them",
        "shorten their names, or show fewer of them",
    )


def _circle(flow: Flow, box: Box, size: int) -> tuple[_Circle, tuple[TextBlock, ...]]:
    widest = int(box.width * _LONGEST_CHORD) - 2 * _ROUND_PADDING[0]
    blocks = tuple(set_text(step.label, widest, size, _STYLE) for step in flow.steps)
    width = max(block.width for block in blocks) + 2 * _ROUND_PADDING[0]
    height = max(block.height + 2 * max(_ROUND_PADDING[1], block.overhang - 2) for block in blocks)
    height = max(height, round(size * LINE_HEIGHT) + 12)
    across, down = (box.width - width) / 2, (box.height - height) / 2
    center = (box.x + box.width / 2, box.y + box.height / 2)
    circle = _Circle(center, min(across, down * 1.5), min(down, across * 1.5), ())
    places = []
    for index in range(len(flow.steps)):
        x, y = circle.at(index / len(flow.steps))
        places.append(Box(round(x - width / 2), round(y - height / 2), width, height))
    return _Circle(center, circle.across, circle.down, tuple(places)), blocks


def _near(box: Box, point: _Point) -> bool:
    return (
        box.x - _CLEAR < point[0] < box.right + _CLEAR
        and box.y - _CLEAR < point[1] < box.bottom + _CLEAR
    )


def _length(path: tuple[_Point, ...]) -> float:
    if not path:
        return 0.0
    return hypot(path[-1][0] - path[0][0], path[-1][1] - path[0][1])


def _draw_link(canvas: Canvas, part: Part, path: tuple[_Point, ...]) -> None:
    """An arrow to a step: it appears with that step."""
    tip = path[-1]
    body = [point for point in path if _length((point, tip)) > _HEAD * 0.7]
    before = body[-1]
    angle = atan2(tip[1] - before[1], tip[0] - before[0])
    head = (
        tip,
        *(
            (tip[0] + _HEAD * cos(angle + pi + turn), tip[1] + _HEAD * sin(angle + pi + turn))
            for turn in (-0.5, 0.5)
        ),
    )
    color, motion = canvas.palette.muted, part.reveal(_STILL)
    neck = (tip[0] - _HEAD * 0.7 * cos(angle), tip[1] - _HEAD * 0.7 * sin(angle))
    shaft = ((*body, neck),)
    canvas.strokes(Name(f"{part.name}-link", Role.DIAGRAM), shaft, color, _SHAFT, motion)
    canvas.polygon(Name(f"{part.name}-link-head", Role.DIAGRAM), head, color, motion)


def _draw_step(canvas: Canvas, part: Part, block: TextBlock, place: Box) -> None:
    palette = canvas.palette
    faces = [("face", part.reveal(), palette.background, palette.line)]
    faces += [
        (f"glow-{number}", motion, palette.highlight, palette.accent)
        for number, motion in enumerate(part.spells(), start=1)
    ]
    for name, motion, fill, outline in faces:
        canvas.elements.append(
            PanelElement(
                f"{part.name}-{name}",
                Role.DIAGRAM,
                place,
                motion,
                fill,
                CORNER,
                outline,
                _OUTLINE,
            )
        )
    ink = Ink(palette.ink, palette.highlight)
    canvas.centered_text(Name(part.name, Role.LABEL), block, place, ink, part.reveal())
