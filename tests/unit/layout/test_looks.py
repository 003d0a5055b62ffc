"""Every scene keeps the layout rules in both shapes and both appearances."""

from __future__ import annotations

import pytest

from tests.golden.gallery import KINDS, SCENES, VISUALS
from tests.unit.layout.conftest import PlaceScene
from tests.unit.layout.test_scenes import BULLETS, TAUGHT, cards_that_cut, faults, lay_out, texts
from tests.unit.layout.test_typed_visuals import labels_that_meet, small_signs
from tests.unit.layout.test_visuals import diagram_faults
from worker.layout.grid import GRIDS
from worker.layout.theme import MINIMUM_CONTRAST, SUBJECTS, contrast_ratio
from worker.lessons.look import Appearance, Look, Shape
from worker.lessons.storyboard import SceneKind

UPRIGHT = Look(Shape.PORTRAIT)
DARK = Look(appearance=Appearance.DARK)
EVERY_SCENE = pytest.mark.parametrize("name", SCENES)


@EVERY_SCENE
def test_an_upright_scene_keeps_the_layout_rules(name: str) -> None:
    plan = lay_out(SCENES[name], look=UPRIGHT)
    assert (plan.width, plan.height) == (1080, 1920)
    found = faults(plan) + cards_that_cut(plan)
    if name in VISUALS:
        found += diagram_faults(plan) + small_signs(plan) + labels_that_meet(plan)
    assert found == []


@pytest.mark.parametrize("kind", TAUGHT)
@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize("display", ["", "F = ma"])
def test_upright_scenes_of_any_size_keep_the_layout_rules(
    place_scene: PlaceScene, kind: SceneKind, count: int, display: str
) -> None:
    bullets = [f"{BULLETS[n % 3]} {n}" for n in range(count)]
    plan = lay_out(place_scene(kind, bullets, display=display), look=UPRIGHT)
    assert faults(plan) + cards_that_cut(plan) == []


@pytest.mark.parametrize("name", VISUALS)
def test_an_upright_visual_stands_above_its_list(name: str) -> None:
    plan = lay_out(SCENES[name], look=UPRIGHT)
    boxes = {one.element_id: one.box for one in plan.elements}
    assert boxes["visual-card"].bottom < boxes["bullet-1-card"].y
    assert boxes["visual-card"].width == GRIDS[Shape.PORTRAIT].content_width


@EVERY_SCENE
def test_an_appearance_changes_colours_and_nothing_else(name: str) -> None:
    light, dark = lay_out(SCENES[name]), lay_out(SCENES[name], look=DARK)
    assert [one.box for one in light.elements] == [one.box for one in dark.elements]
    assert [one.motion for one in light.elements] == [one.motion for one in dark.elements]


@EVERY_SCENE
@pytest.mark.parametrize("subject", [*SUBJECTS, "history"])
@pytest.mark.parametrize("appearance", Appearance)
def test_every_text_that_is_drawn_stands_out_from_what_is_behind_it(
    name: str, subject: str, appearance: Appearance
) -> None:
    plan = lay_out(SCENES[name], subject, Look(appearance=appearance))
    weak = [
        one.element_id
        for one in texts(plan)
        if contrast_ratio(one.color, one.surface) < MINIMUM_CONTRAST
    ]
    assert weak == []


def test_explaining_happens_on_a_dark_page_in_the_dark_appearance() -> None:
    explanation, hook = KINDS["explanation"], KINDS["hook"]
    assert contrast_ratio(lay_out(explanation, look=DARK).background, "#ffffff") > 12
    assert contrast_ratio(lay_out(explanation).background, "#000000") > 12
    assert lay_out(hook, look=DARK).background == lay_out(hook).background
