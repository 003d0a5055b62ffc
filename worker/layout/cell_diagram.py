"""A cell of an animal or a plant with the structures that are labelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin

from worker.layout.callouts import Callout, draw_callouts
from worker.layout.canvas import Canvas, Name
from worker.layout.part_labels import tints
from worker.layout.parts import Part, Parts
from worker.lessons.labelled_diagrams import CellDiagram, CellLabel, Structure
from worker.lessons.render_plan import Box, Motion, Role

LABELS_SHARE = 0.44
"""Of the box's width, for labels; the drawing takes what is left, as a square at the most."""

_Point = tuple[float, float]
_Path = tuple[_Point, ...]
_STILL = (0, 0)
_STEPS = 96


@dataclass(frozen=True, slots=True)
class _Shape:
    """A structure in a square from -1 to 1.

    Attributes:
        faces: Filled areas.
        lines: What is drawn on them.
        anchor: The point that its label leads to.
        tint: How much accent its faces have, and while it is spoken about.
        width: Of its lines, as a share of the square's half.
    """

    faces: tuple[_Path, ...]
    lines: tuple[_Path, ...]
    anchor: _Point
    tint: tuple[float, float] = (0.3, 0.6)
    width: float = 0.016


def _ellipse(center: _Point, across: float, down: float, turn: float = 0.0) -> _Path:
    angle = 2 * pi * turn
    return tuple(
        (
            center[0] + across * cos(t) * cos(angle) - down * sin(t) * sin(angle),
            center[1] + across * cos(t) * sin(angle) + down * sin(t) * cos(angle),
        )
        for t in (2 * pi * step / _STEPS for step in range(_STEPS + 1))
    )


def _blob(scale: float) -> _Path:
    """A round outline that is not quite a circle."""
    return tuple(
        (scale * r * cos(t), scale * 0.92 * r * sin(t))
        for t, r in (
            (t, 0.96 + 0.025 * sin(3 * t + 0.6) + 0.015 * cos(5 * t))
            for t in (2 * pi * step / _STEPS for step in range(_STEPS + 1))
        )
    )


def _block(scale: float) -> _Path:
    """A rectangle with round corners: |x|^n + |y|^n = 1."""
    power = 2 / 7
    return tuple(
        (
            scale * 0.98 * abs(cos(t)) ** power * (1 if cos(t) >= 0 else -1),
            scale * 0.94 * abs(sin(t)) ** power * (1 if sin(t) >= 0 else -1),
        )
        for t in (2 * pi * step / (2 * _STEPS) for step in range(2 * _STEPS + 1))
    )


def _waves(center: _Point, across: float, down: float, turn: float) -> _Path:
    """The folded inner membrane of a mitochondrion."""
    angle, count = 2 * pi * turn, 9
    points = [
        (across * (2 * step / (count - 1) - 1), down * (1 if step % 2 else -1))
        for step in range(count)
    ]
    return tuple(
        (
            center[0] + x * cos(angle) - y * sin(angle),
            center[1] + x * sin(angle) + y * cos(angle),
        )
        for x, y in points
    )


def _mitochondria(*places: tuple[float, float, float]) -> _Shape:
    faces = tuple(_ellipse((x, y), 0.2, 0.105, turn) for x, y, turn in places)
    folds = tuple(_waves((x, y), 0.125, 0.045, turn) for x, y, turn in places)
    return _Shape(faces, (*faces, *folds), places[0][:2], (0.42, 0.75), 0.018)


def _chloroplasts(*places: tuple[float, float, float]) -> _Shape:
    faces = tuple(_ellipse((x, y), 0.17, 0.1, turn) for x, y, turn in places)
    stacks = tuple(
        ((x + dx, y - 0.045), (x + dx, y + 0.045)) for x, y, _ in places for dx in (-0.07, 0, 0.07)
    )
    return _Shape(faces, (*faces, *stacks), places[0][:2], (0.55, 0.85), 0.02)


def _ribosomes(*places: _Point) -> _Shape:
    faces = tuple(_ellipse(place, 0.028, 0.028) for place in places)
    return _Shape(faces, (), places[0], (0.95, 1.0))


def _nucleus(x: float, y: float, radius: float) -> _Shape:
    face = _ellipse((x, y), radius, radius * 0.94)
    core = _ellipse((x - radius * 0.15, y + radius * 0.1), radius * 0.32, radius * 0.32)
    return _Shape((face,), (face, core), (x + radius * 0.45, y - radius * 0.3), (0.34, 0.62), 0.024)


_MEMBRANE_TINT = (0.10, 0.22)
_ANIMAL: dict[Structure, _Shape] = {
    Structure.CYTOPLASM: _Shape((_blob(0.95),), (), (0.3, 0.62), _MEMBRANE_TINT),
    Structure.MEMBRANE: _Shape((), (_blob(0.97),), (0.77, -0.5), width=0.045),
    Structure.NUCLEUS: _nucleus(-0.12, -0.1, 0.33),
    Structure.MITOCHONDRION: _mitochondria((0.5, 0.22, 0.06), (-0.42, 0.48, -0.09)),
    Structure.RIBOSOME: _ribosomes(
        (0.42, -0.3), (0.52, -0.12), (0.26, -0.52), (-0.62, 0.12), (-0.6, -0.3), (0.02, 0.46)
    ),
}
_PLANT: dict[Structure, _Shape] = {
    Structure.WALL: _Shape((_block(1.0),), (_block(0.985),), (0.93, -0.72), (0.5, 0.8), 0.02),
    Structure.CYTOPLASM: _Shape((_block(0.9),), (), (0.1, 0.78), _MEMBRANE_TINT),
    Structure.MEMBRANE: _Shape((), (_block(0.9),), (0.87, 0.42), width=0.03),
    Structure.VACUOLE: _Shape(
        (_ellipse((0.12, 0.12), 0.5, 0.5),),
        (_ellipse((0.12, 0.12), 0.5, 0.5),),
        (0.36, 0.2),
        (0.02, 0.3),
        0.018,
    ),
    Structure.NUCLEUS: _nucleus(-0.52, -0.5, 0.25),
    Structure.CHLOROPLAST: _chloroplasts(
        (0.55, -0.6, 0.04), (0.08, -0.64, -0.03), (-0.62, 0.5, 0.2), (-0.62, 0.05, 0.27)
    ),
    Structure.MITOCHONDRION: _mitochondria((0.62, 0.7, -0.03), (-0.3, 0.73, 0.05)),
    Structure.RIBOSOME: _ribosomes((0.7, -0.25), (-0.14, -0.4), (-0.45, -0.16), (0.3, 0.75)),
}
_ALWAYS = (Structure.CYTOPLASM, Structure.MEMBRANE)


def draw_cell(canvas: Canvas, cell: CellDiagram, box: Box, parts: Parts) -> None:
    """Draw the cell at the left and its labels at the right.

    Raises:
        LayoutError: The labels do not fit.
    """
    side = min(box.height, round(box.width * (1 - LABELS_SHARE)))
    place = Box(box.x, box.y + (box.height - side) // 2, side, side)
    labels = {one.structure: one for one in cell.labels}
    shapes = _PLANT if cell.is_plant else _ANIMAL
    callouts = []
    for structure, shape in shapes.items():
        label = labels.get(structure)
        if label is not None:
            part = parts.part(label.part_id)
            _draw_part(canvas, shape, place, part)
            callouts.append(_callout(label, shape, place, part))
        elif structure in _ALWAYS or structure is Structure.WALL:
            motion = canvas.cues.reveal(parts.first_frame)
            _draw_shape(canvas, f"visual-{structure.value}", shape, place, (motion, 0))
    column = Box(place.right, box.y, box.right - place.right, box.height)
    draw_callouts(canvas, callouts, column)


def _callout(label: CellLabel, shape: _Shape, place: Box, part: Part) -> Callout:
    return Callout(part, label.label, _scaled(place)(shape.anchor))


def _draw_part(canvas: Canvas, shape: _Shape, place: Box, part: Part) -> None:
    name = f"{part.name}-shape"
    _draw_shape(canvas, name, shape, place, (part.reveal(_STILL), 0))
    for number, motion in enumerate(part.spells(_STILL), start=1):
        _draw_shape(canvas, f"{part.name}-glow-shape-{number}", shape, place, (motion, 1))


def _draw_shape(
    canvas: Canvas, name: str, shape: _Shape, place: Box, look: tuple[Motion, int]
) -> None:
    """A shape as it is (0), or while it is spoken about (1)."""
    motion, lit = look
    scaled = _scaled(place)
    (fill,) = tints(canvas, (shape.tint[lit],))
    for number, face in enumerate(shape.faces):
        canvas.polygon(
            Name(f"{name}-{number}", Role.DIAGRAM), tuple(map(scaled, face)), fill, motion
        )
    if shape.lines:
        paths = tuple(tuple(map(scaled, line)) for line in shape.lines)
        color = canvas.palette.accent if lit else canvas.palette.muted
        canvas.strokes(
            Name(f"{name}-lines", Role.DIAGRAM), paths, color, shape.width * place.width / 2, motion
        )


def _scaled(place: Box) -> Callable[[_Point], _Point]:
    """From the square from -1 to 1 to pixels."""
    half = place.width / 2

    def scale(point: _Point) -> _Point:
        return place.x + half * (1 + point[0] * 0.97), place.y + half * (1 + point[1] * 0.97)

    return scale
