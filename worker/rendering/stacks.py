"""What stands over a rectangle while it changes, from back to front, and how it is flattened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from worker.lessons.render_plan import ScenePlan
from worker.lessons.scene_changes import Change
from worker.rendering.planes import Color, PlanePicture, PlaneSprite, color_of
from worker.rendering.sprites import draw_ink, draw_sprite

_State = tuple[float, int, int]


class SpriteShelf:
    """The sprites of one scene; each is drawn when it is first needed, and once."""

    def __init__(self, plan: ScenePlan) -> None:
        self._plan = plan
        self._sprites: dict[int, PlaneSprite] = {}

    def sprite(self, index: int) -> PlaneSprite:
        """An element at rest and at full opacity, of the size of its box."""
        if index not in self._sprites:
            element = self._plan.elements[index]
            ink = draw_ink(element)
            self._sprites[index] = (
                PlaneSprite.of(draw_sprite(element))
                if ink is None
                else PlaneSprite(ink.alpha, color_of(ink.color))
            )
        return self._sprites[index]


@dataclass(frozen=True, slots=True)
class _Layer:
    """Neighbours in the stack that move and fade alike, as one picture.

    Attributes:
        states: Opacity and offset at each frame of the change, the same for all members.
    """

    members: tuple[int, ...]
    states: tuple[_State, ...]

    @property
    def is_still(self) -> bool:
        return len(set(self.states)) == 1

    @property
    def stays_in_place(self) -> bool:
        return len({(dx, dy) for opacity, dx, dy in self.states if opacity > 0}) == 1


@dataclass(frozen=True, slots=True)
class _Fading:
    """A change in which nothing happens but that one layer comes or goes where it is.

    Attributes:
        without: The rectangle without the layer.
        full: The rectangle with the layer at full opacity.
        color: The colour of `full` where it has only one, as under a curtain.
    """

    without: PlanePicture
    full: PlanePicture
    color: Color | None

    def at(self, opacity: float) -> PlanePicture:
        if self.color is not None:
            return self.without.toned(self.color, opacity)
        return self.without.mixed(self.full, opacity)


class Stack:
    """All that is seen in a change's rectangle."""

    def __init__(self, plan: ScenePlan, shelf: SpriteShelf, change: Change) -> None:
        self._plan = plan
        self._shelf = shelf
        self._box = change.box
        self._step_count = len(change.frames)
        self._layers = list(_layers(plan, change))
        background = color_of(plan.background)
        self._base = PlanePicture.filled(self._box.width, self._box.height, background)
        while self._layers and self._layers[0].is_still:
            layer = self._layers.pop(0)
            self._base = self._laid(self._base, layer.members, layer.states[0])

    def pictures(self) -> Iterator[PlanePicture]:
        """The rectangle at each frame of the change."""
        restless = [layer for layer in self._layers if not layer.is_still]
        if len(restless) == 1 and restless[0].stays_in_place:
            fading = self._fading(restless[0])
            yield from (fading.at(opacity) for opacity, _, _ in restless[0].states)
        else:
            for step in range(self._step_count):
                yield self._flattened([layer.states[step] for layer in self._layers])

    def _fading(self, layer: _Layer) -> _Fading:
        _, dx, dy = max(layer.states)
        without, full = (
            self._flattened([end if one is layer else one.states[0] for one in self._layers])
            for end in ((0.0, 0, 0), (1.0, dx, dy))
        )
        return _Fading(without, full, full.only_color())

    def _flattened(self, states: Sequence[_State]) -> PlanePicture:
        picture = self._base.copy()
        pairs = zip(self._layers, states, strict=True)
        shown = [(layer, state) for layer, state in pairs if state[0] > 0]
        # Neighbours that look alike on this very frame fade as one.
        for state, run in groupby(shown, key=lambda pair: pair[1]):
            members = [index for layer, _ in run for index in layer.members]
            picture = self._laid(picture, members, state)
        return picture

    def _laid(self, picture: PlanePicture, members: Sequence[int], state: _State) -> PlanePicture:
        """A picture with elements on it; the picture itself may be drawn upon."""
        opacity, dx, dy = state
        # What fades alone shows nothing through that it should hide: no second picture is needed.
        is_mixed = opacity < 1.0 and len(members) > 1
        full = picture.copy() if is_mixed else picture
        for index in members:
            box = self._plan.elements[index].box
            sprite = self._shelf.sprite(index)
            at = (box.x + dx - self._box.x, box.y + dy - self._box.y)
            full.paste(sprite, at, 1.0 if is_mixed else opacity)
        return picture.mixed(full, opacity) if is_mixed else full


def _layers(plan: ScenePlan, change: Change) -> Iterator[_Layer]:
    """The stack over a rectangle, back to front, in as few layers as possible."""
    changing = frozenset(change.changing)
    seen: list[tuple[int, tuple[_State, ...]]] = []
    for index, element in enumerate(plan.elements):
        if index not in changing and not element.box.overlaps(change.box):
            continue
        states = tuple(map(element.motion.state_at, change.frames))
        if any(opacity > 0 for opacity, _, _ in states):
            seen.append((index, states))
    for states, run in groupby(seen, key=lambda item: item[1]):
        yield _Layer(tuple(index for index, _ in run), states)
