"""Visuals that a scene shows beside its words: typed, checked when made, and without a pixel.

A visual consists of named parts. When a part appears and when it is spoken about is not the
visual's to say: the scene's `PartCue`s do. A new kind of visual joins the union `Visual`, gets a
layout function in `worker.layout.visuals`, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from worker.lessons.charts import BarChart, FunctionPlot, NumberLine
from worker.lessons.diagrams import Comparison, EventLine, Flow
from worker.lessons.formula import FormulaError, parse_formula
from worker.lessons.labelled_diagrams import AtomDiagram, CellDiagram
from worker.lessons.visual_parts import raise_faults, repeated

MOST_THINGS = 3
"""Side by side, more of them leave no room for their arrows. (ours)"""


MOST_EQUATIONS = 4
"""More of them would be too small. (ours)"""


class Direction(StrEnum):
    """Where a force points on the screen."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"

    @property
    def is_horizontal(self) -> bool:
        """Whether it points along the line on which the things stand."""
        return self in {Direction.LEFT, Direction.RIGHT}


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that forces act on.

    Attributes:
        name: As the narration calls it.
        detail: What stands below the name (``40 kg``), or empty.
    """

    part_id: str
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Force:
    """An arrow on a thing.

    Attributes:
        label: What stands beside it (``160 N``).
        on: Id of the thing that feels it.
        strength: In any unit, the same for all forces of a diagram: arrows are as long.
        is_net: The sum of the others; it stands below its thing instead of at its side.
    """

    part_id: str
    label: str
    on: str
    direction: Direction
    strength: float
    is_net: bool = False


@dataclass(frozen=True, slots=True)
class ForceDiagram:
    """Things in a row, and the forces on them.

    Raises:
        ValueError: There is nothing to draw, a force acts on nothing, or two share a place; the
            message names every fault.
    """

    things: tuple[Thing, ...]
    forces: tuple[Force, ...]
    kind: Literal["force-diagram"] = "force-diagram"

    def __post_init__(self) -> None:
        """Hold the diagram to its promises."""
        raise_faults((*self._faults_of_things(), *self._faults_of_forces()))

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The parts that carry meaning: each is to be named by the narration."""
        return (*(one.part_id for one in self.things), *(one.part_id for one in self.forces))

    @property
    def description(self) -> str:
        """The diagram in words, for those who cannot see it."""
        names = {thing.part_id: thing.name for thing in self.things}
        things = ", ".join(
            f"{one.name} ({one.detail})" if one.detail else one.name for one in self.things
        )
        forces = "; ".join(
            f"{force.label}, {'the net force' if force.is_net else 'a force'} on "
            f"{names[force.on]}, points {force.direction.value}"
            for force in self.forces
        )
        return f"Force diagram of {things}. {forces}."

    def _faults_of_things(self) -> Iterable[str]:
        if not 1 <= len(self.things) <= MOST_THINGS:
            yield f"a force diagram has 1 to {MOST_THINGS} things, not {len(self.things)}"
        yield from (f"part {one!r} occurs twice" for one in repeated(self.part_ids))

    def _faults_of_forces(self) -> Iterable[str]:
        if not self.forces:
            yield "a force diagram has at least one force"
        known = {thing.part_id for thing in self.things}
        for force in self.forces:
            if force.on not in known:
                yield f"force {force.part_id!r} acts on {force.on!r}, which is no thing"
            if not 0 < force.strength < float("inf"):
                yield f"force {force.part_id!r} has no strength above zero"
            if force.is_net and not force.direction.is_horizontal:
                yield f"net force {force.part_id!r} points neither left nor right"
        yield from (f"two forces share the {place}" for place in repeated(self._places()))

    def _places(self) -> Iterable[str]:
        """What each arrow takes; a net force takes the place below its thing."""
        for force in self.forces:
            side = Direction.DOWN if force.is_net else force.direction
            yield f"{side.value} side of {force.on!r}"


@dataclass(frozen=True, slots=True)
class Equation:
    """One line of a calculation.

    Attributes:
        formula: As `worker.lessons.formula` reads it.
        spoken: The formula in words (``a equals F over m``).
    """

    part_id: str
    formula: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Equations:
    """Lines of a calculation, one below the other.

    Raises:
        ValueError: There are none or too many, or one does not parse; the message names every
            fault.
    """

    lines: tuple[Equation, ...]
    kind: Literal["equations"] = "equations"

    def __post_init__(self) -> None:
        """Hold the lines to their promises."""
        faults = [f"part {one!r} occurs twice" for one in repeated(self.part_ids)]
        if not 1 <= len(self.lines) <= MOST_EQUATIONS:
            faults.append(f"a calculation has 1 to {MOST_EQUATIONS} lines, not {len(self.lines)}")
        for line in self.lines:
            try:
                parse_formula(line.formula)
            except FormulaError as error:
                faults.append(str(error))
        raise_faults(faults)

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The lines: each is to be named by the narration."""
        return tuple(line.part_id for line in self.lines)

    @property
    def description(self) -> str:
        """The calculation in words, for those who cannot see it."""
        return f"Calculation: {'; '.join(line.spoken for line in self.lines)}."


Visual = (
    ForceDiagram
    | Equations
    | BarChart
    | FunctionPlot
    | NumberLine
    | Comparison
    | EventLine
    | Flow
    | CellDiagram
    | AtomDiagram
)
"""Every kind of visual; `kind` tells them apart, in a checkpoint as in a topic's file."""


@dataclass(frozen=True, slots=True)
class PartCue:
    """A word that names a part of the scene's visual.

    The first cue of a part reveals it; it is highlighted from each of its cues until another part
    is named or the sentence ends.

    Attributes:
        sentence_index: Index into the scene's sentences.
        word_index: Index of the whitespace-separated word of that sentence.
    """

    part_id: str
    sentence_index: int
    word_index: int
