"""A scene's visual as one still picture: complete, and with nothing highlighted."""

from __future__ import annotations

from dataclasses import replace

from worker.layout.canvas import Canvas
from worker.layout.grid import GRIDS
from worker.layout.reveals import Cues
from worker.layout.theme import theme_for
from worker.layout.visuals import COLUMN_WIDTH, draw_visual
from worker.lessons.errors import LayoutError
from worker.lessons.look import LessonFace, Shape
from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.render_plan import Box, Element, ScenePlan
from worker.lessons.storyboard import Scene
from worker.lessons.timeline import Timeline

_HEIGHT = 590
"""What a visual gets beside the list of a wide scene: what fits there fits here, too."""

_WORD_SECONDS = 0.3
_REST_SECONDS = 4.0
"""After the last word: longer than its part stays highlighted."""

_RATE = 1000


def plan_still(scene: Scene, face: LessonFace) -> ScenePlan:
    """Lay the visual of a scene out alone, in its card, as the lesson's last look at it.

    Raises:
        LayoutError: The scene has no visual, or its visual cannot be drawn.
    """
    if scene.visual is None:
        raise LayoutError(f"the scene {scene.scene_id} has no visual")
    theme = theme_for(face.subject, face.look.appearance)
    cues = Cues(Timeline().then(*_unheard(replace(scene, display=""))).scenes[0])
    canvas = Canvas(cues, theme, theme.page, GRIDS[Shape.LANDSCAPE])
    draw_visual(canvas, scene.visual, Box(0, 0, COLUMN_WIDTH, _HEIGHT))
    return ScenePlan(
        scene_id=scene.scene_id,
        width=COLUMN_WIDTH,
        height=_HEIGHT,
        frame_count=cues.placed.frame_count,
        background=theme.page.background,
        elements=tuple(one for one in canvas.elements if _stays(one, cues.last_frame)),
    )


def _stays(element: Element, last_frame: int) -> bool:
    return element.motion.opacity_at(last_frame) == 1.0


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
