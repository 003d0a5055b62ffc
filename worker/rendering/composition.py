"""A scene as a MoviePy clip that is drawn rectangle by rectangle.

Between two distinct frames only a few elements change. Each change is a MoviePy clip of its
rectangle, with its own start, duration and position; the scene is the clip that lays them onto
one canvas. Its frames are planes of yuv420p (`worker.rendering.planes`): what stands still is not
drawn again, and what repeats is not even copied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from moviepy import VideoClip

from worker.lessons.render_plan import Box, ScenePlan
from worker.lessons.scene_changes import Change, scene_changes
from worker.lessons.timeline import FRAMES_PER_SECOND
from worker.rendering.planes import Pixels, PlaneCanvas, PlanePicture
from worker.rendering.stacks import SpriteShelf, Stack


class ScenePainter:
    """Draws one scene; sprites are drawn once."""

    def __init__(self, plan: ScenePlan) -> None:
        self._plan = plan
        self._shelf = SpriteShelf(plan)

    def canvases(self) -> Iterator[tuple[int, PlaneCanvas]]:
        """Each distinct frame with the canvas that shows it, in order.

        The canvas is the painter's own and is repainted for the next frame: copy to keep.
        """
        canvas = PlaneCanvas.blank(self._plan.width, self._plan.height)
        showing = self._clips_by_frame()

        def repaint(seconds: float) -> Pixels:
            # What has been shown is let go: a clip holds its rectangle's pictures.
            for clip in showing.pop(_frame_at(seconds)):
                x, y = clip.pos(seconds)
                canvas.paint(clip.get_frame(seconds - clip.start), Box(x, y, *clip.size))
            return canvas.pixels

        scene = _clip(repaint, (self._plan.width, self._plan.height), self._plan.frame_count)
        for frame in sorted(showing):
            scene.get_frame(_middle_of(frame))
            yield frame, canvas

    def canvas_at(self, frame: int) -> PlaneCanvas:
        """One frame of the scene, alone."""
        canvas = PlaneCanvas.blank(self._plan.width, self._plan.height)
        whole = Box(0, 0, self._plan.width, self._plan.height)
        canvas.paint(next(self._pictures(Change(whole, (frame,), ()))), whole)
        return canvas

    def _clips_by_frame(self) -> dict[int, list[VideoClip]]:
        """The clips that show something new, by frame."""
        showing = defaultdict(list)
        for change in scene_changes(self._plan):
            clip = self._clip_of(change)
            for frame in change.frames:
                showing[frame].append(clip)
        return showing

    def _clip_of(self, change: Change) -> VideoClip:
        """A change as a clip that plays once, forwards, and only its changed frames."""
        first, box = change.frames[0], change.box
        pictures = self._pictures(change)
        clip = _clip(
            lambda _: next(pictures), (box.width, box.height), change.frames[-1] + 1 - first
        )
        # Set by hand: each of MoviePy's own setters copies the clip, and there are hundreds.
        clip.start = first / FRAMES_PER_SECOND
        clip.end = clip.start + clip.duration
        clip.pos = lambda _: (box.x, box.y)
        return clip

    def _pictures(self, change: Change) -> Iterator[PlanePicture]:
        """The rectangle at each frame of a change; nothing is drawn before the first is wanted."""
        yield from Stack(self._plan, self._shelf, change).pictures()


def _clip(
    frame_function: Callable[[float], Pixels | PlanePicture],
    size: tuple[int, int],
    frame_count: int,
) -> VideoClip:
    clip = VideoClip(duration=frame_count / FRAMES_PER_SECOND)
    # Set by hand: MoviePy would ask for the first frame to learn the size, of RGB.
    clip.frame_function, clip.size = frame_function, size
    return clip


def _middle_of(frame: int) -> float:
    """The middle of a frame in seconds: no rounding can move it to a neighbour."""
    return (frame + 0.5) / FRAMES_PER_SECOND


def _frame_at(seconds: float) -> int:
    return int(seconds * FRAMES_PER_SECOND)
