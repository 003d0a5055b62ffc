"""The pictures of a page: what the lesson shows, light and dark, each with its words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from worker.layout.still_visual import draw_board, draw_still
from worker.lessons.look import Appearance, LessonFace, Look
from worker.lessons.storyboard import Scene, SceneKind, Storyboard
from worker.reading.vector import draw_svg


@dataclass(frozen=True, slots=True)
class Picture:
    """A visual as SVG.

    Attributes:
        name: Of its file; the light one is published beside the page.
        light: For light pages and for paper.
        dark: For dark pages.
        description: It in words, complete.
    """

    name: str
    light: str
    dark: str
    description: str


def draw_pictures(storyboard: Storyboard) -> dict[str, Picture]:
    """Draw the visual of every scene that has one, by the scene's id.

    A lesson without any visual gets its explanation's board: no page is without a picture.

    Raises:
        LayoutError: A visual cannot be drawn.
    """
    shown = [scene for scene in storyboard.scenes if scene.visual is not None]
    boards = [scene for scene in storyboard.scenes if scene.kind is SceneKind.EXPLANATION]
    return {
        scene.scene_id: _draw(scene, f"picture-{number}.svg", storyboard)
        for number, scene in enumerate(shown or boards[:1], start=1)
    }


def _draw(scene: Scene, name: str, storyboard: Storyboard) -> Picture:
    draw = draw_still if scene.visual else draw_board
    description = scene.visual.description if scene.visual else _describe_board(scene)
    face = LessonFace(storyboard.title, storyboard.subject)
    light, dark = (
        draw_svg(draw(scene, replace(face, look=Look(appearance=one))), description)
        for one in (Appearance.LIGHT, Appearance.DARK)
    )
    return Picture(name, light, dark, description)


def _describe_board(scene: Scene) -> str:
    shown = [scene.title, *(bullet.text for bullet in scene.bullets)]
    return f"Board: {'; '.join(one for one in shown if one)}."
