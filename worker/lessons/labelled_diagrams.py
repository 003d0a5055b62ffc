"""Labelled diagrams of a cell and of an atom, checked when they are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from worker.lessons.visual_parts import count_faults, part_faults, raise_faults, repeated

MOST_LABELS = 6
"""More labels cannot stand beside a drawing. (ours)"""

SHELL_SIZES = (2, 8, 8, 2)
"""Electrons that the shells of the elements up to calcium hold (OpenStax Chemistry 2e, 6.4)."""

HEAVIEST = 20
"""Calcium: heavier atoms fill their shells in another order."""


class Structure(StrEnum):
    """What can be labelled in a cell."""

    MEMBRANE = "membrane"
    CYTOPLASM = "cytoplasm"
    NUCLEUS = "nucleus"
    MITOCHONDRION = "mitochondrion"
    RIBOSOME = "ribosome"
    WALL = "wall"
    CHLOROPLAST = "chloroplast"
    VACUOLE = "vacuole"

    @property
    def is_of_plants(self) -> bool:
        """Whether a drawing of an animal cell has none."""
        return self in {Structure.WALL, Structure.CHLOROPLAST, Structure.VACUOLE}


@dataclass(frozen=True, slots=True)
class CellLabel:
    """A label of a structure."""

    part_id: str
    structure: Structure
    label: str


@dataclass(frozen=True, slots=True)
class CellDiagram:
    """A cell; what is labelled is drawn, and its membrane and cytoplasm always.

    Raises:
        ValueError: There are no or too many labels, a structure is labelled twice, or an
            animal cell is to have what plants have; the message names every fault.
    """

    labels: tuple[CellLabel, ...]
    is_plant: bool = False
    kind: Literal["cell"] = "cell"

    def __post_init__(self) -> None:
        """Hold the diagram to its promises."""
        raise_faults(self._faults())

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The labelled structures: each is to be named by the narration."""
        return tuple(one.part_id for one in self.labels)

    @property
    def description(self) -> str:
        """The diagram in words, for those who cannot see it."""
        name = "plant" if self.is_plant else "animal"
        return f"Diagram of {_a(name)} cell with {', '.join(one.label for one in self.labels)}."

    def _faults(self) -> Iterable[str]:
        yield from count_faults("labels of a cell", len(self.labels), 1, MOST_LABELS)
        yield from part_faults("a cell", self.part_ids, (one.label for one in self.labels))
        structures = [one.structure.value for one in self.labels]
        yield from (f"the {one} is labelled twice" for one in repeated(structures))
        for one in self.labels:
            if one.structure.is_of_plants and not self.is_plant:
                yield f"an animal cell has no {one.structure.value}"


class AtomPart(StrEnum):
    """What can be labelled in an atom."""

    NUCLEUS = "nucleus"
    PROTON = "proton"
    NEUTRON = "neutron"
    ELECTRON = "electron"
    SHELL = "shell"


@dataclass(frozen=True, slots=True)
class AtomLabel:
    """A label of one part, or of all parts of a sort."""

    part_id: str
    of: AtomPart
    label: str


@dataclass(frozen=True, slots=True)
class AtomDiagram:
    """An atom as its nucleus and shells; the electrons fill the shells from within.

    Attributes:
        electrons: As many as protons in an atom; more or fewer in an ion.

    Raises:
        ValueError: It cannot be drawn, or a labelled part is not there; the message names every
            fault.
    """

    protons: int
    neutrons: int
    electrons: int
    labels: tuple[AtomLabel, ...]
    kind: Literal["atom"] = "atom"

    def __post_init__(self) -> None:
        """Hold the diagram to its promises."""
        raise_faults(self._faults())

    @property
    def shells(self) -> tuple[int, ...]:
        """Electrons in each shell that is not empty, from within."""
        left, found = self.electrons, []
        for size in SHELL_SIZES:
            if left > 0:
                found.append(min(left, size))
                left -= size
        return tuple(found)

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The labelled parts: each is to be named by the narration."""
        return tuple(one.part_id for one in self.labels)

    @property
    def description(self) -> str:
        """The diagram in words, for those who cannot see it."""
        shells = " and ".join(map(str, self.shells)) or "no"
        return (
            f"Diagram of an atom: a nucleus of {self.protons} protons and {self.neutrons} "
            f"neutrons, and shells with {shells} electrons. "
            f"Labels: {', '.join(one.label for one in self.labels)}."
        )

    def _faults(self) -> Iterable[str]:
        if not 1 <= self.protons <= HEAVIEST:
            yield f"an atom with 1 to {HEAVIEST} protons can be drawn, not {self.protons}"
        if not 0 <= self.neutrons <= 2 * HEAVIEST:
            yield f"0 to {2 * HEAVIEST} neutrons can be drawn, not {self.neutrons}"
        if not 0 <= self.electrons <= sum(SHELL_SIZES):
            yield f"0 to {sum(SHELL_SIZES)} electrons can be drawn, not {self.electrons}"
        yield from count_faults("labels of an atom", len(self.labels), 1, MOST_LABELS)
        yield from part_faults("an atom", self.part_ids, (one.label for one in self.labels))
        parts = [one.of.value for one in self.labels]
        yield from (f"the {one} is labelled twice" for one in repeated(parts))
        if AtomPart.NEUTRON in parts and self.neutrons == 0:
            yield "a neutron is labelled, and there is none"
        if {AtomPart.ELECTRON, AtomPart.SHELL} & set(parts) and self.electrons == 0:
            yield "an electron or shell is labelled, and there is none"


def _a(noun: str) -> str:
    """The noun with its article."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
