"""What changes in a scene, where and when: all that has to be drawn, and nothing else.

A change is a rectangle and the frames on which something in it looks other than before. Between
its first and its last frame nothing else changes in that rectangle, so that each change can be
drawn alone, by whatever stands still around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from worker.lessons.render_plan import Box, ScenePlan

GRID = 4
"""Rectangles start and end on multiples of this many pixels: chroma is stored for 2 x 2 pixels,
and a picture's planes fit one array of the picture's width where its height is a multiple of 4."""


@dataclass(frozen=True, slots=True)
class Change:
    """Elements that change within one rectangle.

    Attributes:
        box: Holds all that they touch, on the grid; the whole frame at frame 0.
        frames: Sorted frames of the scene on which the rectangle looks other than before.
        changing: Indices of those elements in the plan, from back to front.
    """

    box: Box
    frames: tuple[int, ...]
    changing: tuple[int, ...]


def scene_changes(plan: ScenePlan) -> tuple[Change, ...]:
    """All changes of a scene, by their first frames; the first one is frame 0, whole.

    Changes that share both a pixel and a time are one.
    """
    whole = Box(0, 0, plan.width, plan.height)
    visible = [i for i, one in enumerate(plan.elements) if one.motion.opacity_at(0) > 0]
    opening = Change(whole, (0,), tuple(visible))
    drafts = [_Draft(box, set(frames), {index}) for index, frames, box in _runs(plan, whole)]
    return opening, *(draft.settled() for draft in _disjoint(drafts))


def distinct_frames(plan: ScenePlan) -> tuple[int, ...]:
    """The sorted frames at which anything changes; every other frame repeats the one before."""
    changing = {f for element in plan.elements for f in element.motion.changing_frames()}
    return 0, *sorted(frame for frame in changing if 0 < frame < plan.frame_count)


@dataclass(slots=True)
class _Draft:
    """A change that may still grow."""

    box: Box
    frames: set[int]
    changing: set[int]
    first: int = field(init=False)
    last: int = field(init=False)

    def __post_init__(self) -> None:
        self.first, self.last = min(self.frames), max(self.frames)

    def meets(self, other: _Draft) -> bool:
        """Whether the two share a time and a pixel."""
        meets_in_time = self.first <= other.last and other.first <= self.last
        return meets_in_time and self.box.overlaps(other.box)

    def swallow(self, other: _Draft) -> None:
        self.box = self.box.union(other.box)
        self.frames |= other.frames
        self.changing |= other.changing
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)

    def settled(self) -> Change:
        return Change(self.box, tuple(sorted(self.frames)), tuple(sorted(self.changing)))


def _runs(plan: ScenePlan, whole: Box) -> Iterator[tuple[int, list[int], Box]]:
    """Every element's changes after frame 0, cut where it rests, with all that they touch."""
    for index, element in enumerate(plan.elements):
        frames = sorted(f for f in element.motion.changing_frames() if 0 < f < plan.frame_count)
        for run in _cut_at_rests(frames):
            boxes = [element.box.moved(*element.motion.offset_at(f)) for f in (run[0] - 1, *run)]
            touched = boxes[0]
            for box in boxes[1:]:
                touched = touched.union(box)
            on_grid = _on_grid(touched, whole)
            # What happens outside of the frame is a change all the same: the picture is sent.
            yield index, run, on_grid if on_grid is not None else Box(0, 0, GRID, GRID)


def _cut_at_rests(frames: list[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for frame in frames:
        if run and frame > run[-1] + 1:
            yield run
            run = []
        run.append(frame)
    if run:
        yield run


def _disjoint(drafts: list[_Draft]) -> list[_Draft]:
    """Unite drafts until no two share both a time and a pixel; sorted by first frame."""
    settled: list[_Draft] = []
    waiting = sorted(drafts, key=lambda draft: (draft.first, draft.box.y, draft.box.x))
    waiting.reverse()
    while waiting:
        draft = waiting.pop()
        met = next((other for other in settled if other.meets(draft)), None)
        if met is None:
            settled.append(draft)
        else:
            # It has grown, and may meet now what it did not meet before.
            settled.remove(met)
            met.swallow(draft)
            waiting.append(met)
    return sorted(settled, key=lambda draft: (draft.first, draft.box.y, draft.box.x))


def _on_grid(box: Box, whole: Box) -> Box | None:
    """The box grown to the grid, within the frame; None where nothing of it is inside."""
    x, y = max(0, box.x) // GRID * GRID, max(0, box.y) // GRID * GRID
    right = min(whole.right, -(-box.right // GRID) * GRID)
    bottom = min(whole.bottom, -(-box.bottom // GRID) * GRID)
    return Box(x, y, right - x, bottom - y) if right > x and bottom > y else None
