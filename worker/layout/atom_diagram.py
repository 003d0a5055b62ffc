"""An atom as Bohr drew it: the nucleus, and its electrons on shells."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin, sqrt

from worker.layout.callouts import Callout, draw_callouts
from worker.layout.canvas import Canvas, Name
from worker.layout.icons import arc
from worker.layout.part_labels import disc, tints
from worker.layout.parts import Parts
from worker.lessons.labelled_diagrams import AtomDiagram, AtomPart
from worker.lessons.render_plan import Box, Role

LABELS_SHARE = 0.46
"""Of the box's width, for labels; the drawing takes what is left, as a square."""

_NUCLEUS_SHARE = 0.34
"""Of the drawing's radius, at the most."""

_ELECTRON = 14
_LARGEST_NUCLEON = 24
_SHELL = 3
_SPACING = 1.08
"""Of seeds, in radii of a nucleon: neighbours just touch."""

_GOLDEN_TURN = (3 - sqrt(5)) / 2
"""Of a full turn: it spreads points evenly over a disc, like seeds of a sunflower."""

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Sketch:
    """Where everything of an atom is."""

    center: _Point
    nucleon: float
    protons: tuple[_Point, ...]
    neutrons: tuple[_Point, ...]
    shells: tuple[float, ...]
    electrons: tuple[_Point, ...]

    def anchor(self, part: AtomPart) -> _Point:
        """The point that a label of a part leads to."""
        if part is AtomPart.NUCLEUS:
            return self.center
        if part is AtomPart.PROTON:
            return max(self.protons, key=lambda at: at[0] - at[1])
        if part is AtomPart.NEUTRON:
            return max(self.neutrons, key=lambda at: at[0] + at[1])
        if part is AtomPart.ELECTRON:
            return max(self.electrons, key=lambda at: at[0] - 2 * at[1])
        angle = 2 * pi * 0.115
        radius = self.shells[-1]
        return self.center[0] + radius * cos(angle), self.center[1] + radius * sin(angle)


def draw_atom(canvas: Canvas, atom: AtomDiagram, box: Box, parts: Parts) -> None:
    """Draw the atom at the left and its labels at the right.

    Raises:
        LayoutError: The labels do not fit.
    """
    side = min(box.height, round(box.width * (1 - LABELS_SHARE)))
    left = box.x
    sketch = _sketch(atom, (left + side / 2, box.y + box.height / 2), side / 2)
    _draw(canvas, sketch, parts)
    column = Box(left + side, box.y, box.right - left - side, box.height)
    callouts = [
        Callout(parts.part(one.part_id), one.label, sketch.anchor(one.of)) for one in atom.labels
    ]
    draw_callouts(canvas, callouts, column)


def _sketch(atom: AtomDiagram, center: _Point, radius: float) -> _Sketch:
    count = atom.protons + atom.neutrons
    nucleon = min(_LARGEST_NUCLEON, radius * _NUCLEUS_SHARE / (_SPACING * sqrt(count) + 1))
    seeds = [_seed(center, nucleon * _SPACING, number) for number in range(count)]
    # Protons and neutrons mix: each takes its share of the seeds from within.
    protons = {round(number * count / atom.protons) for number in range(atom.protons)}
    inner = nucleon * _SPACING * sqrt(count) + nucleon + 2.4 * _ELECTRON
    outer = radius - _ELECTRON - 4
    shells = atom.shells
    radii = tuple(
        outer - (len(shells) - 1 - n) * min((outer - inner) / max(1, len(shells) - 1), outer * 0.3)
        for n in range(len(shells))
    )
    electrons = tuple(
        (center[0] + r * cos(2 * pi * turn), center[1] + r * sin(2 * pi * turn))
        for n, (r, held) in enumerate(zip(radii, shells, strict=True))
        for turn in (-0.2 + n * 0.06 + number / held for number in range(held))
    )
    return _Sketch(
        center,
        nucleon,
        tuple(at for number, at in enumerate(seeds) if number in protons),
        tuple(at for number, at in enumerate(seeds) if number not in protons),
        radii,
        electrons,
    )


def _seed(center: _Point, spacing: float, number: int) -> _Point:
    distance, angle = spacing * sqrt(number), 2 * pi * _GOLDEN_TURN * number
    return center[0] + distance * cos(angle), center[1] + distance * sin(angle)


def _draw(canvas: Canvas, sketch: _Sketch, parts: Parts) -> None:
    motion = canvas.cues.reveal(parts.first_frame)
    palette = canvas.palette
    circles = tuple(arc(sketch.center, radius, 0, 1) for radius in sketch.shells)
    if circles:
        name = Name("visual-shells", Role.DIAGRAM)
        canvas.strokes(name, circles, palette.muted, _SHELL, motion)
    (light,) = tints(canvas, (0.3,))
    for sort, places, fill in (
        ("neutron", sketch.neutrons, light),
        ("proton", sketch.protons, palette.accent),
    ):
        for number, at in enumerate(places):
            ground = Name(f"visual-{sort}-{number}-edge", Role.DECORATION)
            edge = disc(at, sketch.nucleon + 2)
            canvas.panel(ground, edge, palette.card, motion, edge.width // 2)
            face = disc(at, sketch.nucleon)
            name = Name(f"visual-{sort}-{number}", Role.DIAGRAM)
            canvas.panel(name, face, fill, motion, face.width // 2)
    for number, at in enumerate(sketch.electrons):
        edge, face = disc(at, _ELECTRON + 4), disc(at, _ELECTRON)
        name = Name(f"visual-electron-{number}-edge", Role.DECORATION)
        canvas.panel(name, edge, palette.card, motion, edge.width // 2)
        name = Name(f"visual-electron-{number}", Role.DIAGRAM)
        canvas.panel(name, face, palette.ink, motion, face.width // 2)
