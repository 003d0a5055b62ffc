"""From a placed scene to the plan of its pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from worker.layout.analogy import draw_analogy
from worker.layout.canvas import Canvas
from worker.layout.cards import draw_terms
from worker.layout.frame_parts import draw_curtains, draw_header, draw_statement
from worker.layout.grid import GRIDS
from worker.layout.questions import draw_hook, draw_question
from worker.layout.reveals import Cues
from worker.layout.rows import Marker, draw_list_scene
from worker.layout.sources_card import draw_sources
from worker.layout.theme import theme_for
from worker.layout.verdicts import draw_misconception
from worker.lessons.errors import LayoutError
from worker.lessons.look import LessonFace
from worker.lessons.render_plan import ScenePlan
from worker.lessons.storyboard import SceneKind
from worker.lessons.timeline import PlacedScene

_DRAW: dict[SceneKind, Callable[[Canvas], None]] = {
    SceneKind.HOOK: draw_hook,
    SceneKind.TERMS: draw_terms,
    SceneKind.EXPLANATION: partial(draw_list_scene, marker=Marker.BAR),
    SceneKind.ANALOGY: draw_analogy,
    SceneKind.WORKED_EXAMPLE: partial(draw_list_scene, marker=Marker.NUMBER),
    SceneKind.MISCONCEPTION: draw_misconception,
    SceneKind.QUESTION: draw_question,
    SceneKind.TAKEAWAYS: partial(draw_list_scene, marker=Marker.TICK),
    SceneKind.SOURCES: draw_sources,
}

_ALWAYS_SHOWN = frozenset({SceneKind.HOOK, SceneKind.QUESTION})
"""Kinds that show their question even where the scene has no bullets."""

WITH_A_VISUAL = frozenset({SceneKind.EXPLANATION, SceneKind.WORKED_EXAMPLE, SceneKind.TAKEAWAYS})
"""Kinds that have room for a visual: their bullets are a list."""

ON_STAGE = frozenset({SceneKind.HOOK, SceneKind.QUESTION, SceneKind.TAKEAWAYS, SceneKind.SOURCES})
"""Kinds that stand on the dark stage; all others stand on the light page."""


def plan_scene(
    placed: PlacedScene,
    *,
    scene_number: int,
    scene_count: int,
    face: LessonFace,
) -> ScenePlan:
    """Lay a scene out.

    Args:
        placed: The scene with its sentences' and words' times.
        scene_number: From 1.
        scene_count: Scenes of the lesson.
        face: The lesson's title, subject, shape and appearance.

    Raises:
        LayoutError: A text does not fit at the smallest size, a character has no glyph, a cue
            names a word that the scene does not have, or a visual cannot be drawn.
    """
    theme, grid = theme_for(face.subject, face.look.appearance), GRIDS[face.look.shape]
    palette = theme.stage if placed.scene.kind in ON_STAGE else theme.page
    canvas = Canvas(Cues(placed), theme, palette, grid)
    _draw_body(canvas)
    draw_curtains(canvas)
    draw_header(canvas, face.title, scene_number, scene_count)
    return ScenePlan(
        scene_id=placed.scene.scene_id,
        width=grid.width,
        height=grid.height,
        frame_count=placed.frame_count,
        background=palette.background,
        elements=tuple(canvas.elements),
    )


def _draw_body(canvas: Canvas) -> None:
    scene = canvas.scene
    if scene.visual is not None and scene.kind not in WITH_A_VISUAL:
        raise LayoutError(f"a scene of kind {scene.kind.value} shows no visual")
    if scene.sources and scene.teaches:
        raise LayoutError(f"a scene of kind {scene.kind.value} credits no sources")
    if not scene.teaches and (scene.bullets or scene.display):
        raise LayoutError("a sources card shows nothing but sources")
    shown = scene.visual or scene.bullets or scene.display or scene.sources
    if shown or scene.kind in _ALWAYS_SHOWN:
        _DRAW[scene.kind](canvas)
    else:
        draw_statement(canvas)
