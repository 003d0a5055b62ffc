"""A visual stands beside the text within the layout rules, and follows the voice."""

from __future__ import annotations

import pickle
from contextlib import suppress
from dataclasses import replace
from math import hypot

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.layout.conftest import PlaceScene, speak
from tests.unit.layout.test_scenes import TOLERANCE, cards_that_cut, element, faults, lay_out, texts
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.curriculum.reader import load_curriculum
from worker.layout.text import MINIMUM_SIZE
from worker.layout.theme import MINIMUM_CONTRAST, SUBJECTS, contrast_ratio, theme_for
from worker.lessons.digest import digest_of
from worker.lessons.errors import LayoutError
from worker.lessons.narration import SceneNarration
from worker.lessons.render_plan import FormulaElement, PolygonElement, ScenePlan
from worker.lessons.storyboard import SceneKind
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene, Timeline
from worker.lessons.visuals import (
    Direction,
    Equation,
    Equations,
    Force,
    ForceDiagram,
    PartCue,
    Thing,
    Visual,
)

GRAPHICS_CONTRAST = 3.0
"""WCAG 2.1 success criterion 1.4.11: graphics that are needed to understand."""

CAR = ForceDiagram(
    (Thing("car", "Car", "1200 kg"),),
    (
        Force("drive", "5000 N", "car", Direction.RIGHT, 5000),
        Force("drag", "1400 N", "car", Direction.LEFT, 1400),
        Force("lift", "900 N", "car", Direction.UP, 1400),
        Force("net", "Net: 3600 N", "car", Direction.RIGHT, 3600, is_net=True),
    ),
)
BULLETS = ("Forward: 5000 N", "Backward: 1400 N", "5000 - 1400 = 3600 N", "Mass: 1200 kg")
CUES = (
    PartCue("car", 0, 1),
    PartCue("drive", 0, 3),
    PartCue("drag", 1, 2),
    PartCue("lift", 1, 4),
    PartCue("net", 2, 2),
    PartCue("car", 3, 1),
)


def showing(
    place_scene: PlaceScene,
    visual: Visual = CAR,
    cues: tuple[PartCue, ...] = CUES,
    **scene: object,
) -> PlacedScene:
    kind = scene.pop("kind", SceneKind.WORKED_EXAMPLE)
    placed = place_scene(kind, BULLETS, **scene)
    return replace(placed, scene=replace(placed.scene, visual=visual, part_cues=cues))


def arrow(plan: ScenePlan, part_id: str) -> PolygonElement:
    found = element(plan, f"part-{part_id}-arrow")
    assert isinstance(found, PolygonElement)
    return found


def length(plan: ScenePlan, part_id: str) -> float:
    tip, start, end = (arrow(plan, part_id).corners[corner] for corner in (3, 0, 6))
    return hypot(tip[0] - (start[0] + end[0]) / 2, tip[1] - (start[1] + end[1]) / 2)


EQUATIONS = Equations(
    (
        Equation("rule", r"a = \frac{F}{m}", "acceleration equals force over mass"),
        Equation("known", r"a = \frac{3600\,\text{N}}{1200\,\text{kg}}", "put the numbers in"),
        Equation("result", r"a = 3\,\text{m/s²}", "three meters per second squared"),
    )
)
EQUATION_CUES = (PartCue("rule", 0, 1), PartCue("known", 1, 2), PartCue("result", 2, 3))


def formula(plan: ScenePlan, part_id: str) -> FormulaElement:
    found = element(plan, f"part-{part_id}")
    assert isinstance(found, FormulaElement)
    return found


@pytest.mark.parametrize(
    "kind", [SceneKind.EXPLANATION, SceneKind.WORKED_EXAMPLE, SceneKind.TAKEAWAYS]
)
@pytest.mark.parametrize("display", ["", "E = mc²"])
def test_equations_keep_the_layout_rules_and_do_not_touch_each_other(
    place_scene: PlaceScene, kind: SceneKind, display: str
) -> None:
    plan = lay_out(showing(place_scene, EQUATIONS, EQUATION_CUES, kind=kind, display=display))
    assert not diagram_faults(plan)
    for one in EQUATIONS.lines:
        drawn = formula(plan, one.part_id)
        assert min(run.font_size for run in drawn.runs) >= MINIMUM_SIZE
        assert contrast_ratio(drawn.color, drawn.surface) >= MINIMUM_CONTRAST


@pytest.mark.parametrize(("visual", "cues"), [(CAR, CUES), (EQUATIONS, EQUATION_CUES)])
def test_a_plan_with_a_visual_is_a_key_that_crosses_a_process_border(
    place_scene: PlaceScene, visual: Visual, cues: tuple[PartCue, ...]
) -> None:
    plan = lay_out(showing(place_scene, visual, cues))
    copy = pickle.loads(pickle.dumps(plan))  # noqa: S301 - our own bytes
    assert copy == plan
    assert hash(copy) == hash(plan)
    assert digest_of(copy) == digest_of(plan)


def test_equations_are_aligned_at_their_first_relation(place_scene: PlaceScene) -> None:
    plan = lay_out(showing(place_scene, EQUATIONS, EQUATION_CUES))
    columns = {
        next(run.x for run in formula(plan, one.part_id).runs if run.text == "=")
        for one in EQUATIONS.lines
    }
    assert len(columns) == 1


def test_a_line_of_a_calculation_appears_and_glows_when_it_is_named(
    place_scene: PlaceScene,
) -> None:
    placed = showing(place_scene, EQUATIONS, EQUATION_CUES)
    plan = lay_out(placed)
    for cue in EQUATION_CUES:
        named = placed.sentences[cue.sentence_index].words[cue.word_index].start
        for name in (f"part-{cue.part_id}", f"part-{cue.part_id}-glow-1"):
            motion = element(plan, name).motion
            assert abs(motion.first_frame / FRAMES_PER_SECOND - named) <= TOLERANCE


def test_a_line_too_long_for_its_card_is_refused(place_scene: PlaceScene) -> None:
    long = Equations((Equation("long", "x = " + " + ".join("abcdefghijklmn"), "too long"),))
    with pytest.raises(LayoutError, match="do not fit"):
        lay_out(showing(place_scene, long, (PartCue("long", 0, 0),)))


def diagram_faults(plan: ScenePlan) -> list[str]:
    """Every breach of the layout rules, arrows and things included."""
    found = faults(plan) + cards_that_cut(plan)
    card = element(plan, "visual-card").box
    drawn = [one for one in plan.elements if one.element_id.startswith("part-")]
    found += [f"{one.element_id} leaves its card" for one in drawn if not card.contains(one.box)]
    solid = [
        one
        for one in drawn
        if isinstance(one, FormulaElement) or one.element_id.endswith(("-arrow", "-face"))
    ]
    for one in solid:
        for text in texts(plan):
            inside = one.element_id.endswith("-face") and one.box.contains(text.box)
            if one.box.overlaps(text.box) and not inside:
                found.append(f"{one.element_id} covers {text.element_id}")
    for number, one in enumerate(solid):
        for other in solid[number + 1 :]:
            if one.box.overlaps(other.box):
                found.append(f"{one.element_id} meets {other.element_id}")
    return found


@pytest.mark.parametrize(
    "kind", [SceneKind.EXPLANATION, SceneKind.WORKED_EXAMPLE, SceneKind.TAKEAWAYS]
)
@pytest.mark.parametrize("display", ["", "a = 3600 ÷ 1200 = 3 m/s²"])
def test_a_diagram_keeps_the_layout_rules_on_page_and_stage(
    place_scene: PlaceScene, kind: SceneKind, display: str
) -> None:
    visual = ForceDiagram(CAR.things, tuple(one for one in CAR.forces if one.part_id != "lift"))
    cues = tuple(cue for cue in CUES if cue.part_id != "lift")
    plan = lay_out(showing(place_scene, visual, cues, kind=kind, display=display))
    assert not diagram_faults(plan)


def test_arrows_are_as_long_as_their_forces_are_strong(place_scene: PlaceScene) -> None:
    plan = lay_out(showing(place_scene))
    longest = length(plan, "drive")
    for force in CAR.forces:
        expected = longest * force.strength / 5000
        assert length(plan, force.part_id) == pytest.approx(expected, abs=1)


def test_arrows_point_as_their_forces_do(place_scene: PlaceScene) -> None:
    plan = lay_out(showing(place_scene))
    for part_id, sign in (("drive", 1), ("drag", -1), ("net", 1)):
        corners = arrow(plan, part_id).corners
        assert (corners[3][0] - corners[0][0]) * sign > 0
    lift = arrow(plan, "lift").corners
    assert lift[3][1] < lift[0][1]


def test_a_part_appears_within_the_tolerance_of_the_word_that_names_it(
    place_scene: PlaceScene,
) -> None:
    placed = showing(place_scene)
    plan = lay_out(placed)
    for cue in CUES[:5]:
        named = placed.sentences[cue.sentence_index].words[cue.word_index].start
        motion = element(plan, f"part-{cue.part_id}").motion
        assert abs(motion.first_frame / FRAMES_PER_SECOND - named) <= TOLERANCE
        complete = (motion.first_frame + motion.fade_in) / FRAMES_PER_SECOND
        assert abs(complete - named) <= TOLERANCE


def test_only_the_part_that_is_spoken_about_is_highlighted(place_scene: PlaceScene) -> None:
    placed = showing(place_scene)
    plan = lay_out(placed)
    for cue in CUES:
        word = placed.sentences[cue.sentence_index].words[cue.word_index]
        frame = round(word.start * FRAMES_PER_SECOND) + 8
        glowing = {
            one.element_id.split("-")[1]
            for one in plan.elements
            if "-glow-" in one.element_id and one.motion.opacity_at(frame) > 0
        }
        assert glowing == {cue.part_id}


def test_a_diagram_is_still_between_its_cues(place_scene: PlaceScene) -> None:
    plan = lay_out(showing(place_scene))
    drawn = [one for one in plan.elements if one.element_id.startswith("part-")]
    moving = set().union(*(one.motion.changing_frames() for one in drawn))
    assert len(moving) <= len(CUES) * 20


@pytest.mark.parametrize("subject", [*SUBJECTS, "history"])
def test_arrows_and_labels_stand_out_in_every_theme(subject: str) -> None:
    for palette in (theme_for(subject).page, theme_for(subject).stage):
        for arrow_color in (palette.muted, palette.accent):
            assert contrast_ratio(arrow_color, palette.card) >= GRAPHICS_CONTRAST
        for surface in (palette.card, palette.background, palette.highlight):
            assert contrast_ratio(palette.ink, surface) >= MINIMUM_CONTRAST


def test_a_part_that_no_word_names_is_refused(place_scene: PlaceScene) -> None:
    with pytest.raises(LayoutError, match="no word names the part net"):
        lay_out(showing(place_scene, cues=CUES[:4]))


def test_a_cue_of_a_part_that_is_not_there_is_refused(place_scene: PlaceScene) -> None:
    with pytest.raises(LayoutError, match="has no part"):
        lay_out(showing(place_scene, cues=(*CUES, PartCue("wheel", 0, 0))))


def test_a_visual_that_is_never_spoken_about_is_refused(place_scene: PlaceScene) -> None:
    with pytest.raises(LayoutError, match="no word names a visual"):
        lay_out(showing(place_scene, cues=()))


def test_forces_too_unlike_for_one_scale_are_refused(place_scene: PlaceScene) -> None:
    forces = tuple(
        replace(one, strength=one.strength ** (one.part_id == "drag")) for one in CAR.forces
    )
    with pytest.raises(LayoutError, match="told apart"):
        lay_out(showing(place_scene, replace(CAR, forces=forces)))


@pytest.mark.parametrize("kind", [SceneKind.HOOK, SceneKind.QUESTION, SceneKind.TERMS])
def test_a_kind_of_scene_without_room_for_a_visual_refuses_it(
    place_scene: PlaceScene, kind: SceneKind
) -> None:
    with pytest.raises(LayoutError, match="shows no visual"):
        lay_out(showing(place_scene, kind=kind))


label = st.text("abcdefgijklmopqrstuy0123 ", min_size=1, max_size=11).filter(str.strip)
sides = st.lists(
    st.tuples(st.sampled_from(Direction), st.floats(1, 5), st.booleans(), label), min_size=1
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(st.tuples(label, label | st.just("")), min_size=1, max_size=3), drawn=sides)
def test_any_diagram_is_laid_out_within_the_rules_or_refused(
    place_scene: PlaceScene,
    names: list[tuple[str, str]],
    drawn: list[tuple[Direction, float, bool, str]],
) -> None:
    things = tuple(Thing(f"t{n}", name, detail) for n, (name, detail) in enumerate(names))
    places: dict[tuple[str, Direction], Force] = {}
    for number, (direction, strength, is_net, text) in enumerate(drawn):
        on, net = f"t{number % len(things)}", is_net and direction.is_horizontal
        force = Force(f"f{number}", text, on, direction, strength, net)
        places.setdefault((on, Direction.DOWN if net else direction), force)
    visual = ForceDiagram(things, tuple(places.values()))
    cues = tuple(PartCue(part_id, 0, 0) for part_id in visual.part_ids)
    placed = showing(place_scene, visual, cues)
    with suppress(LayoutError):
        assert not diagram_faults(lay_out(placed))


@pytest.mark.parametrize(
    ("topic_id", "grade", "kind"),
    [
        ("newtons-third-law", 7, SceneKind.EXPLANATION),
        ("newtons-third-law", 10, SceneKind.EXPLANATION),
        ("newtons-third-law", 10, SceneKind.WORKED_EXAMPLE),
        ("newtons-second-law", 10, SceneKind.WORKED_EXAMPLE),
        ("weight-and-mass", 10, SceneKind.WORKED_EXAMPLE),
        ("newtons-second-law", 7, SceneKind.WORKED_EXAMPLE),
        ("pythagorean-theorem", 8, SceneKind.WORKED_EXAMPLE),
    ],
)
@pytest.mark.parametrize("seconds", [60, 120, 180, 240])
def test_the_visuals_of_the_curriculum_are_laid_out_in_lessons_of_every_length(
    topic_id: str, grade: int, kind: SceneKind, seconds: int
) -> None:
    board = CurriculumWriter(load_curriculum()).write(topic_id, grade, None, seconds)
    for scene in board.scenes:
        if scene.kind is kind:
            said = SceneNarration(scene.scene_id, tuple(map(speak, scene.sentences)))
            plan = lay_out(Timeline().then(scene, said).scenes[0])
            assert not diagram_faults(plan)
