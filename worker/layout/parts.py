"""The parts of a visual while it is laid out: their names and their motions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.layout.reveals import FADE_FRAMES, SLIDE, PartTimes
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Motion

RISING = (0, SLIDE)
"""Comes from below, as bullets do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a visual: how it appears, and how it is highlighted.

    Attributes:
        name: The start of its elements' ids.
    """

    name: str
    times: PartTimes
    last_frame: int

    def reveal(self, slide: tuple[int, int] = RISING) -> Motion:
        """Appears when it is named first, coming from an offset, and stays."""
        return Motion(
            self.times.first_frame,
            self.last_frame,
            FADE_FRAMES,
            0,
            slide_x=slide[0],
            slide_y=slide[1],
        )

    def spells(self, slide: tuple[int, int] = RISING) -> tuple[Motion, ...]:
        """There while it is spoken about; the first time it comes with the part itself."""
        found = []
        for first, until in self.times.spells:
            dx, dy = slide if first == self.times.first_frame else (0, 0)
            last = min(self.last_frame, until + FADE_FRAMES - 1)
            found.append(Motion(first, last, FADE_FRAMES, FADE_FRAMES, slide_x=dx, slide_y=dy))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of a scene's visual."""

    times: Mapping[str, PartTimes]
    last_frame: int

    @property
    def first_frame(self) -> int:
        """When the first part appears."""
        return min(times.first_frame for times in self.times.values())

    def part(self, part_id: str) -> Part:
        """Return a part by its id.

        Raises:
            LayoutError: No word of the narration names it.
        """
        times = self.times.get(part_id)
        if times is None:
            raise LayoutError(
                f"no word names the part {part_id} of a visual",
                "let a sentence name it",
            )
        return Part(f"part-{part_id}", times, self.last_frame)
