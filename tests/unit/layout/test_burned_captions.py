"""Captions in the picture: exact to the frame, inside their zone, and readable."""

from __future__ import annotations

from itertools import pairwise
from math import floor

import pytest

from tests.unit.lessons.small_lesson import lesson, place_scenes, spoken
from worker.layout.burned_captions import burn_captions
from worker.layout.grid import GRIDS
from worker.layout.scenes import plan_scene
from worker.layout.theme import MINIMUM_CONTRAST, SUBJECTS, contrast_ratio
from worker.lessons.errors import LayoutError
from worker.lessons.look import Appearance, LessonFace, Look, Shape
from worker.lessons.render_plan import Box, Element, Role, ScenePlan, TextElement
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene

SENTENCE = "When one object pushes a second object, the second pushes straight back"
FACE = LessonFace("Forces", "physics")


def placed(*texts: str, seconds: float = 0.31) -> PlacedScene:
    said = [(spoken(*[(word, seconds) for word in text.split()]), 0.4) for text in texts]
    return place_scenes(*lesson([said])).scenes[0]


def burned(scene: PlacedScene, face: LessonFace = FACE) -> tuple[ScenePlan, list[Element]]:
    plan = plan_scene(scene, scene_number=1, scene_count=1, face=face)
    whole = burn_captions(plan, scene, face)
    assert whole.elements[: len(plan.elements)] == plan.elements
    return whole, list(whole.elements[len(plan.elements) :])


def spoken_words(elements: list[Element]) -> list[TextElement]:
    return [one for one in elements if isinstance(one, TextElement) and "-word-" in one.element_id]


def test_each_word_is_marked_from_the_frame_on_which_it_begins_until_the_next_one() -> None:
    scene = placed(SENTENCE, "They never cancel.")
    _, elements = burned(scene)
    marked = spoken_words(elements)
    words = [word for sentence in scene.sentences for word in sentence.words]
    assert [one.lines[0].text for one in marked] == [word.text for word in words]
    for element, word in zip(marked, words, strict=True):
        assert element.motion.first_frame == floor(word.start * FRAMES_PER_SECOND)
    assert all(a.motion.last_frame < b.motion.first_frame for a, b in pairwise(marked))


def test_a_word_is_marked_where_it_stands_in_its_line() -> None:
    _, elements = burned(placed(SENTENCE))
    lines = {
        (line.text, line.x, line.baseline)
        for element in elements
        if isinstance(element, TextElement) and "-word-" not in element.element_id
        for line in element.lines
    }
    for element in spoken_words(elements):
        (line,) = element.lines
        assert (line.text, line.x, line.baseline) in lines


@pytest.mark.parametrize("shape", list(Shape))
def test_captions_stay_in_the_caption_zone_and_nothing_else_is_there(shape: Shape) -> None:
    grid = GRIDS[shape]
    face = LessonFace("Forces", "physics", Look(shape))
    plan, elements = burned(placed(SENTENCE, "a " * 20 + "acceleration"), face)
    zone = Box(0, grid.caption_top, grid.width, grid.height - grid.caption_top)
    assert all(zone.contains(one.box) for one in elements)
    assert {one.role for one in elements} == {Role.CAPTION}
    others = [one for one in plan.elements if one.role is not Role.CAPTION]
    assert not any(one.box.overlaps(zone) for one in others)


@pytest.mark.parametrize("appearance", list(Appearance))
@pytest.mark.parametrize("subject", SUBJECTS)
def test_captions_have_contrast_in_every_theme(subject: str, appearance: Appearance) -> None:
    face = LessonFace("Forces", subject, Look(appearance=appearance))
    _, elements = burned(placed("They never cancel."), face)
    for element in elements:
        if isinstance(element, TextElement):
            assert contrast_ratio(element.color, element.surface) >= MINIMUM_CONTRAST


def test_words_faster_than_frames_leave_the_mark_to_the_last_of_them() -> None:
    _, elements = burned(placed("so it is", seconds=0.01))
    assert [one.lines[0].text for one in spoken_words(elements)] == ["is"]


def test_a_word_that_does_not_fit_is_refused() -> None:
    with pytest.raises(LayoutError, match="a caption of 160 characters does not fit"):
        burned(placed("m" * 160))
