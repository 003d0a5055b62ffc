"""The distinct frames of a scene, composed by MoviePy rectangle by rectangle.

Between two distinct frames only a few elements change. A phase is a run of frames in which one
same set of elements changes; for each phase one small CompositeVideoClip covers just the
rectangle that those elements touch: an opaque background with everything that stands still,
and above it one ImageClip for each group of elements that moves or fades alike. The composed
rectangle is then copied into the frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from moviepy import CompositeVideoClip, ImageClip, VideoClip
from numpy.typing import NDArray
from PIL import Image

from worker.layout.theme import rgb
from worker.lessons.render_plan import Box, Motion, Phase, ScenePlan, phases
from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.rendering.sprites import draw_sprite, fade

Picture = NDArray[np.uint8]
"""Height x width x 3 (RGB)."""

_State = tuple[float, int, int]


@dataclass(frozen=True, slots=True)
class _Layer:
    """Neighbours in the stack that move and fade alike over a phase, as one picture.

    Attributes:
        states: Opacity and offset at each frame of the phase, the same for all members.
    """

    members: tuple[int, ...]
    states: tuple[_State, ...]

    @property
    def is_still(self) -> bool:
        return len(set(self.states)) == 1


class ScenePainter:
    """Draws the distinct frames of one scene; sprites are drawn once."""

    def __init__(self, plan: ScenePlan) -> None:
        self._plan = plan
        self._sprites: dict[int, Image.Image] = {}
        self._frame = Box(0, 0, plan.width, plan.height)

    def pictures(self) -> Iterator[tuple[int, Picture]]:
        """Each distinct frame with its picture, in order.

        The array is the painter's own and is overwritten by the next frame: copy to keep.
        """
        canvas = np.empty((self._plan.height, self._plan.width, 3), dtype=np.uint8)
        for phase in phases(self._plan):
            rectangle = self._touched(phase)
            if rectangle is None:
                # Nothing visible changes; the frame is still announced, as a repeat.
                yield from ((frame, canvas) for frame in phase.frames)
                continue
            rows = slice(rectangle.y, rectangle.bottom)
            columns = slice(rectangle.x, rectangle.right)
            composite = self._compose(phase, rectangle)
            try:
                for frame in phase.frames:
                    canvas[rows, columns] = composite.get_frame(_seconds_of(frame))
                    yield frame, canvas
            finally:
                composite.close()

    def picture_at(self, frame: int) -> Image.Image:
        """One frame of the scene, alone."""
        image = self._surface(self._frame)
        for layer in self._layers(Phase((frame,), frozenset()), self._frame):
            self._flatten(image, self._frame, layer)
        return image

    def _touched(self, phase: Phase) -> Box | None:
        """The rectangle that a phase may change, or None where there is nothing to see."""
        if phase.frames[0] == 0:
            return self._frame
        boxes = [
            element.box.moved(*element.motion.offset_at(frame))
            for element in (self._plan.elements[index] for index in phase.changing)
            for frame in (phase.frames[0] - 1, *phase.frames)
        ]
        return _even(_union(boxes), self._frame)

    def _compose(self, phase: Phase, rectangle: Box) -> VideoClip:
        """One clip for a phase; its time is the scene's time."""
        layers = list(self._layers(phase, rectangle))
        base = self._surface(rectangle)
        while layers and layers[0].is_still:
            self._flatten(base, rectangle, layers.pop(0))
        scene_seconds = self._plan.frame_count / FRAMES_PER_SECOND
        background = ImageClip(np.asarray(base), duration=scene_seconds)
        if not layers:
            return background
        clips = [background, *(self._clip(layer, rectangle) for layer in layers)]
        return CompositeVideoClip(
            clips, size=(rectangle.width, rectangle.height), use_bgclip=True
        ).with_duration(scene_seconds)

    def _layers(self, phase: Phase, rectangle: Box) -> Iterator[_Layer]:
        """The stack over a rectangle, back to front, in as few layers as possible."""
        seen: list[tuple[int, tuple[_State, ...]]] = []
        for index, element in enumerate(self._plan.elements):
            states = tuple(_state(element.motion, frame) for frame in phase.frames)
            visible = any(opacity > 0 for opacity, _, _ in states)
            if visible and (index in phase.changing or element.box.overlaps(rectangle)):
                seen.append((index, states))
        for states, run in groupby(seen, key=lambda item: item[1]):
            yield _Layer(tuple(index for index, _ in run), states)

    def _clip(self, layer: _Layer, rectangle: Box) -> ImageClip:
        """A layer as a clip with its own times, place and opacity."""
        elements = [self._plan.elements[index] for index in layer.members]
        box = _union([element.box for element in elements])
        sprite = np.asarray(self._group(layer.members, box))
        first, motion = elements[0].motion.first_frame, elements[0].motion
        last = elements[0].motion.last_frame
        alpha = sprite[:, :, 3].astype(np.float32)

        def frame_at(seconds: float) -> int:
            return first + int(seconds * FRAMES_PER_SECOND)

        def place_at(seconds: float) -> tuple[int, int]:
            dx, dy = motion.offset_at(frame_at(seconds))
            return box.x + dx - rectangle.x, box.y + dy - rectangle.y

        def mask_at(seconds: float) -> NDArray[np.float32]:
            # MoviePy multiplies by 255 and cuts off the fraction: half a step makes it round.
            shown = (alpha * np.float32(motion.opacity_at(frame_at(seconds))) + 0.5) / 255
            return np.minimum(shown, np.float32(1.0))

        mask = VideoClip(mask_at, is_mask=True, has_constant_size=True)
        clip = ImageClip(np.ascontiguousarray(sprite[:, :, :3])).with_mask(mask)
        seconds = (last - first + 1) / FRAMES_PER_SECOND
        return (
            clip.with_start(first / FRAMES_PER_SECOND)
            .with_duration(seconds)
            .with_position(place_at)
        )

    def _group(self, members: Sequence[int], box: Box) -> Image.Image:
        """Elements at rest and at full opacity, as one transparent picture."""
        if len(members) == 1:
            return self._sprite(members[0])
        image = Image.new("RGBA", (box.width, box.height), (0, 0, 0, 0))
        for index in members:
            place = self._plan.elements[index].box
            image.alpha_composite(self._sprite(index), (place.x - box.x, place.y - box.y))
        return image

    def _flatten(self, image: Image.Image, rectangle: Box, layer: _Layer) -> None:
        """Draw a still layer onto an opaque picture of a rectangle."""
        opacity, dx, dy = layer.states[0]
        whole = opacity >= 1.0
        parts = [(index,) for index in layer.members] if whole else [layer.members]
        for members in parts:
            box = _union([self._plan.elements[index].box for index in members])
            sprite = fade(self._group(members, box), opacity)
            image.paste(sprite, (box.x + dx - rectangle.x, box.y + dy - rectangle.y), sprite)

    def _surface(self, rectangle: Box) -> Image.Image:
        return Image.new("RGB", (rectangle.width, rectangle.height), rgb(self._plan.background))

    def _sprite(self, index: int) -> Image.Image:
        if index not in self._sprites:
            self._sprites[index] = draw_sprite(self._plan.elements[index])
        return self._sprites[index]


def _state(motion: Motion, frame: int) -> _State:
    opacity = motion.opacity_at(frame)
    return (opacity, *motion.offset_at(frame)) if opacity > 0 else (0.0, 0, 0)


def _seconds_of(frame: int) -> float:
    """The middle of a frame: no rounding can move it to a neighbour."""
    return (frame + 0.5) / FRAMES_PER_SECOND


def _union(boxes: Sequence[Box]) -> Box:
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.union(box)
    return whole


def _even(box: Box, frame: Box) -> Box | None:
    """The box grown to even coordinates (chroma is stored for 2 x 2 pixels), within the frame."""
    x, y = max(frame.x, box.x) // 2 * 2, max(frame.y, box.y) // 2 * 2
    right, bottom = (
        min(frame.right, -(-box.right // 2) * 2),
        min(frame.bottom, -(-box.bottom // 2) * 2),
    )
    return Box(x, y, right - x, bottom - y) if right > x and bottom > y else None
