"""What a scene shows as one still picture: complete, and with nothing highlighted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

from worker.layout.canvas import Canvas
from worker.layout.grid import GRIDS
from worker.layout.reveals import Cues
from worker.layout.scenes import plan_scene
from worker.layout.theme import theme_for
from worker.layout.visuals import COLUMN_WIDTH, draw_visual
from worker.lessons.errors import LayoutError
from worker.lessons.look import LessonFace, Shape
from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.render_plan import Box, Element, Role
from worker.lessons.storyboard import Scene
from worker.lessons.timeline import Timeline

_HEIGHT = 590
"""What a visual gets beside the list of a wide scene: what fits there fits here, too."""

_WORD_SECONDS = 0.3
_REST_SECONDS = 4.0
"""After the last word: longer than its part stays highlighted."""

_RATE = 1000
_MARGIN = 40
"""Around what is drawn, in pixels."""


_AROUND = frozenset({Role.HEADER, Role.CURTAIN, Role.CAPTION})
"""What belongs to the lesson, not to what the scene tells."""


@dataclass(frozen=True, slots=True)
class StillVisual:
    """A visual as it stands when all of it has been explained.

    Attributes:
        box: What of the plane the picture shows.
        fill: Colour of the card that it stands on.
        elements: From back to front.
    """

    box: Box
    fill: str
    elements: tuple[Element, ...]


def draw_still(scene: Scene, face: LessonFace) -> StillVisual:
    """Lay the visual of a scene out alone, as the lesson's last look at it.

    Raises:
        LayoutError: The scene has no visual, or its visual cannot be drawn.
    """
    if scene.visual is None:
        raise LayoutError(f"the scene {scene.scene_id} has no visual")
    theme = theme_for(face.subject, face.look.appearance)
    cues = Cues(Timeline().then(*_unheard(replace(scene, display=""))).scenes[0])
    canvas = Canvas(cues, theme, theme.page, GRIDS[Shape.LANDSCAPE])
    draw_visual(canvas, scene.visual, Box(0, 0, COLUMN_WIDTH, _HEIGHT))
    _, *drawn = (one for one in canvas.elements if _stays(one, cues.last_frame))
    around = reduce(Box.union, (one.box for one in drawn)).inset(-_MARGIN, -_MARGIN)
    box = Box(0, around.y, COLUMN_WIDTH, around.height)
    return StillVisual(box, theme.page.card, tuple(drawn))


def draw_board(scene: Scene, face: LessonFace) -> StillVisual:
    """Lay a whole scene out, without header and display, as the lesson's last look at it.

    Raises:
        LayoutError: The scene cannot be laid out.
    """
    placed = Timeline().then(*_unheard(replace(scene, display=""))).scenes[0]
    plan = plan_scene(placed, scene_number=1, scene_count=1, face=face)
    drawn = tuple(
        one
        for one in plan.elements
        if one.role not in _AROUND
        and not one.element_id.endswith("-highlight")
        and _stays(one, placed.frame_count - 1)
    )
    around = reduce(Box.union, (one.box for one in drawn)).inset(-_MARGIN, -_MARGIN)
    return StillVisual(around, plan.background, drawn)


def _stays(element: Element, last_frame: int) -> bool:
    return replace(element.motion, dim=None).opacity_at(last_frame) == 1.0


def _unheard(scene: Scene) -> tuple[Scene, SceneNarration]:
    """A scene with a long silence at its end, and a silent narration of it."""
    last = replace(scene.sentences[-1], pause_after=_REST_SECONDS)
    resting = replace(scene, sentences=(*scene.sentences[:-1], last))
    spoken = tuple(_say_nothing(one.text) for one in resting.sentences)
    return resting, SceneNarration(scene.scene_id, spoken)


def _say_nothing(text: str) -> SpokenSentence:
    words = tuple(
        WordTiming(word, number * _WORD_SECONDS, (number + 1) * _WORD_SECONDS)
        for number, word in enumerate(text.split())
    )
    samples = round(len(words) * _WORD_SECONDS * _RATE)
    return SpokenSentence(text, bytes(2 * samples), _RATE, words, "estimated")
