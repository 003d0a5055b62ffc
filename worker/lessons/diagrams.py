"""Visuals that arrange words: comparisons, event lines and flows, checked when they are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from worker.lessons.visual_parts import count_faults, part_faults, raise_faults

MOST_ROWS = 4
MOST_EVENTS = 5
FEWEST_STEPS = 2
MOST_STEPS = 6
"""More than each of these would be too small beside a list. (ours)"""


@dataclass(frozen=True, slots=True)
class ComparedFact:
    """One fact on one side."""

    part_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things that are compared."""

    part_id: str
    title: str
    facts: tuple[ComparedFact, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two things side by side, fact against fact.

    Raises:
        ValueError: A side has no or too many facts, the sides differ in length, or a text is
            empty; the message names every fault.
    """

    left: Side
    right: Side
    kind: Literal["comparison"] = "comparison"

    def __post_init__(self) -> None:
        """Hold the comparison to its promises."""
        raise_faults(self._faults())

    @property
    def sides(self) -> tuple[Side, Side]:
        """From left to right."""
        return self.left, self.right

    @property
    def part_ids(self) -> tuple[str, ...]:
        """Titles and facts: each is to be named by the narration."""
        return tuple(
            part_id
            for side in self.sides
            for part_id in (side.part_id, *(fact.part_id for fact in side.facts))
        )

    @property
    def description(self) -> str:
        """The comparison in words, for those who cannot see it."""
        told = (
            f"{side.title}: {', '.join(fact.text for fact in side.facts)}" for side in self.sides
        )
        return f"Comparison. {'. '.join(told)}."

    def _faults(self) -> Iterable[str]:
        texts = [side.title for side in self.sides]
        for side in self.sides:
            texts += [fact.text for fact in side.facts]
            yield from count_faults(f"facts of {side.part_id!r}", len(side.facts), 1, MOST_ROWS)
        yield from part_faults("a comparison", self.part_ids, texts)
        if len(self.left.facts) != len(self.right.facts):
            yield "one side of a comparison has more facts than the other"


@dataclass(frozen=True, slots=True)
class DatedEvent:
    """Something that happened.

    Attributes:
        when: A year or a short date (``1953``).
    """

    part_id: str
    when: str
    label: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """Events in the order in which they happened: what a textbook calls a timeline.

    Raises:
        ValueError: There are too few or too many events, or a text is empty; the message names
            every fault.
    """

    events: tuple[DatedEvent, ...]
    kind: Literal["event-line"] = "event-line"

    def __post_init__(self) -> None:
        """Hold the line to its promises."""
        texts = [text for one in self.events for text in (one.when, one.label)]
        raise_faults(
            (
                *count_faults("events", len(self.events), FEWEST_STEPS, MOST_EVENTS),
                *part_faults("an event line", self.part_ids, texts),
            )
        )

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The events: each is to be named by the narration."""
        return tuple(one.part_id for one in self.events)

    @property
    def description(self) -> str:
        """The events in words, for those who cannot see them."""
        return f"Events: {'; '.join(f'{one.when}, {one.label}' for one in self.events)}."


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step of a process."""

    part_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Flow:
    """Steps with arrows from each to the next.

    Attributes:
        is_cycle: The last step leads back to the first, and the steps stand in a circle.

    Raises:
        ValueError: There are too few or too many steps, or a text is empty; the message names
            every fault.
    """

    steps: tuple[FlowStep, ...]
    is_cycle: bool = False
    kind: Literal["flow"] = "flow"

    def __post_init__(self) -> None:
        """Hold the flow to its promises."""
        raise_faults(
            (
                *count_faults("steps of a flow", len(self.steps), FEWEST_STEPS, MOST_STEPS),
                *part_faults("a flow", self.part_ids, (step.label for step in self.steps)),
            )
        )

    @property
    def part_ids(self) -> tuple[str, ...]:
        """The steps: each is to be named by the narration."""
        return tuple(step.part_id for step in self.steps)

    @property
    def description(self) -> str:
        """The process in words, for those who cannot see it."""
        labels = [step.label for step in self.steps]
        if self.is_cycle:
            return f"Cycle: {', then '.join(labels)}, then again {labels[0]}."
        return f"Flow: {', then '.join(labels)}."
