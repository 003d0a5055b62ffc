"""Every kind of scene is laid out within the rules, and reveals things when they are named."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.unit.layout.conftest import PlaceScene
from worker.layout.grid import PORTRAIT
from worker.layout.scenes import plan_scene
from worker.layout.text import MINIMUM_SIZE
from worker.layout.theme import MINIMUM_CONTRAST, SUBJECTS, blend, contrast_ratio
from worker.lessons.errors import LayoutError
from worker.lessons.look import DEFAULT_LOOK, LessonFace, Look
from worker.lessons.render_plan import (
    CAPTION_ZONE_TOP,
    FRAME_WIDTH,
    Box,
    Element,
    FormulaElement,
    Role,
    ScenePlan,
    TextElement,
)
from worker.lessons.storyboard import SceneKind, Sentence
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene

SAFE = Box(0, 0, FRAME_WIDTH, CAPTION_ZONE_TOP)
TOLERANCE = 0.3

TAUGHT = tuple(kind for kind in SceneKind if kind is not SceneKind.SOURCES)
"""Kinds of scenes that bullets and displays belong to."""

BULLETS = ("Mix-up: big things push more", "In fact: equal force on both", "Less mass, more change")


def lay_out(placed: PlacedScene, subject: str = "physics", look: Look = DEFAULT_LOOK) -> ScenePlan:
    face = LessonFace("Newton's third law", subject, look)
    return plan_scene(placed, scene_number=2, scene_count=6, face=face)


def texts(plan: ScenePlan) -> list[TextElement]:
    return [element for element in plan.elements if isinstance(element, TextElement)]


def element(plan: ScenePlan, element_id: str) -> Element:
    return next(found for found in plan.elements if found.element_id == element_id)


def faults(plan: ScenePlan) -> list[str]:
    """Every breach of the layout rules, over the whole scene and every slide."""
    found = []
    safe = SAFE if plan.width == FRAME_WIDTH else PORTRAIT.stage
    for one in plan.elements:
        swept = one.box.union(one.box.moved(one.motion.slide_x, one.motion.slide_y))
        if not safe.contains(swept):
            found.append(f"{one.element_id} leaves the safe area: {swept}")
    found += [f"{t.element_id} is small" for t in texts(plan) if t.font_size < MINIMUM_SIZE]
    for one_text, other in combinations(texts(plan), 2):
        together = (
            one_text.motion.first_frame <= other.motion.last_frame
            and other.motion.first_frame <= one_text.motion.last_frame
        )
        if together and one_text.box.overlaps(other.box):
            found.append(f"{one_text.element_id} overlaps {other.element_id}")
    ids = [one.element_id for one in plan.elements]
    found += [f"{name} is there twice" for name in set(ids) if ids.count(name) > 1]
    return found


def cards_that_cut(plan: ScenePlan) -> list[str]:
    """Texts that reach out of the card of their own name."""
    boxes = {one.element_id: one.box for one in plan.elements}
    return [
        text.element_id
        for text in texts(plan)
        if (card := boxes.get(f"{text.element_id}-card")) is not None
        and not card.contains(text.box)
    ]


@pytest.mark.parametrize("kind", TAUGHT)
@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize("display", ["", "F (A on B) = \N{MINUS SIGN}F (B on A)"])
def test_every_kind_of_scene_keeps_the_layout_rules(
    place_scene: PlaceScene, kind: SceneKind, count: int, display: str
) -> None:
    bullets = (*BULLETS, "Every push has a partner", "They never cancel")[:count]
    plan = lay_out(place_scene(kind, bullets, display=display))
    assert not faults(plan)
    assert not cards_that_cut(plan)


@pytest.mark.parametrize("kind", TAUGHT)
def test_every_bullet_of_a_scene_is_drawn(place_scene: PlaceScene, kind: SceneKind) -> None:
    bullets = ("Alpha one", "Beta two", "Gamma three", "Delta four")
    shown = " ".join(
        line.text for text in texts(lay_out(place_scene(kind, bullets))) for line in text.lines
    )
    assert all(text in shown for text in bullets)


@pytest.mark.parametrize("kind", TAUGHT)
def test_a_display_is_drawn_in_every_kind_of_scene(
    place_scene: PlaceScene, kind: SceneKind
) -> None:
    plan = lay_out(place_scene(kind, ("Alpha one",), display="mass stays"))
    assert "mass stays" in " ".join(line.text for text in texts(plan) for line in text.lines)


@pytest.mark.parametrize(
    "kind", sorted(set(TAUGHT) - {SceneKind.HOOK, SceneKind.QUESTION}, key=str)
)
def test_a_display_that_is_a_formula_is_set_with_italic_variables(
    place_scene: PlaceScene, kind: SceneKind
) -> None:
    plan = lay_out(place_scene(kind, ("Alpha one",), display="E = mc²"))
    (formula,) = [one for one in plan.elements if isinstance(one, FormulaElement)]
    assert [run.text for run in formula.runs if run.is_italic] == ["E", "m", "c"]
    assert min(run.font_size for run in formula.runs) >= MINIMUM_SIZE
    panel = element(plan, "display-panel")
    assert panel.box.contains(formula.box)
    assert contrast_ratio(formula.color, formula.surface) >= MINIMUM_CONTRAST


@pytest.mark.parametrize("kind", TAUGHT)
def test_a_bullet_appears_within_the_tolerance_of_its_cue_word(
    place_scene: PlaceScene, kind: SceneKind
) -> None:
    placed = place_scene(kind, ("Alpha one", "Beta two", "Gamma three"))
    plan = lay_out(placed)
    for number, text in enumerate(("Alpha one", "Beta two", "Gamma three")):
        cue = placed.sentences[number].words[2].start
        drawn = next(t for t in texts(plan) if t.lines[0].text == text)
        starts = drawn.motion.first_frame / FRAMES_PER_SECOND
        complete = (drawn.motion.first_frame + drawn.motion.fade_in) / FRAMES_PER_SECOND
        assert abs(starts - cue) <= TOLERANCE
        assert abs(complete - cue) <= TOLERANCE


def test_a_display_appears_with_its_sentence(place_scene: PlaceScene) -> None:
    placed = place_scene(SceneKind.EXPLANATION, ("Alpha one",), display="E = mc²")
    shown = element(lay_out(placed), "display").motion.first_frame / FRAMES_PER_SECOND
    assert abs(shown - placed.sentences[0].start) <= TOLERANCE


def test_only_the_bullet_spoken_about_is_highlighted(place_scene: PlaceScene) -> None:
    placed = place_scene(SceneKind.EXPLANATION, ("Alpha one", "Beta two", "Gamma three"))
    plan = lay_out(placed)
    for spoken in range(3):
        frame = round(placed.sentences[spoken].end * FRAMES_PER_SECOND)
        glowing = [
            number
            for number in range(3)
            if element(plan, f"bullet-{number + 1}-highlight").motion.opacity_at(frame) > 0
        ]
        assert glowing == [spoken]


def test_a_bullet_steps_back_when_the_next_is_spoken_and_stays_readable(
    place_scene: PlaceScene,
) -> None:
    for subject in (*SUBJECTS, "history"):
        for kind in TAUGHT:
            plan = lay_out(place_scene(kind, BULLETS), subject)
            for text in texts(plan):
                lowest = text.motion.dim.opacity if text.motion.dim else 1.0
                seen = blend(text.color, text.surface, lowest)
                assert contrast_ratio(seen, text.surface) >= MINIMUM_CONTRAST, text.element_id


ASKING = (
    Sentence("A truck hits a fly?", pause_after=3.2),
    Sentence("Both feel the same force."),
    Sentence("The fly is light, so it moves."),
)


def test_the_answer_is_hidden_until_the_pause_to_think_is_over(place_scene: PlaceScene) -> None:
    placed = place_scene(
        SceneKind.QUESTION, ("Which force is bigger?", "Equal", "Tiny mass"), sentences=ASKING
    )
    answer = next(e for e in lay_out(placed).elements if e.element_id == "answer-card")
    pause_ends = placed.sentences[0].end + 3.2
    assert answer.motion.first_frame / FRAMES_PER_SECOND > pause_ends - TOLERANCE


def test_dots_invite_to_think_exactly_while_nothing_is_said(place_scene: PlaceScene) -> None:
    placed = place_scene(
        SceneKind.QUESTION, ("Which force is bigger?", "Equal", "Tiny mass"), sentences=ASKING
    )
    dot = element(lay_out(placed), "thinking-1").motion
    assert dot.first_frame == round(placed.sentences[0].end * FRAMES_PER_SECOND)
    answered = element(lay_out(placed), "bullet-2").motion
    assert dot.last_frame < answered.first_frame + answered.fade_in


def test_a_hook_without_bullets_shows_the_words_of_its_question(place_scene: PlaceScene) -> None:
    asked = (Sentence("You jump."), Sentence("What pushes you up?"))
    plan = lay_out(place_scene(SceneKind.HOOK, (), sentences=asked))
    question = next(text for text in texts(plan) if text.role is Role.QUESTION)
    assert " ".join(line.text for line in question.lines) == "What pushes you up?"


def test_a_cue_that_does_not_exist_is_refused(place_scene: PlaceScene) -> None:
    placed = place_scene(SceneKind.EXPLANATION, ("Alpha",), sentences=(Sentence("Short."),))
    with pytest.raises(LayoutError, match="no word 2"):
        lay_out(placed)


def test_a_glyph_that_is_missing_is_refused_before_anything_is_drawn(
    place_scene: PlaceScene,
) -> None:
    with pytest.raises(LayoutError, match=r"U\+21CC"):
        lay_out(place_scene(SceneKind.EXPLANATION, ("A ⇌ B",)))


def test_the_same_scene_is_always_laid_out_the_same(place_scene: PlaceScene) -> None:
    plans = [lay_out(place_scene(SceneKind.TERMS, BULLETS)) for _ in range(2)]
    assert plans[0] == plans[1]
    assert hash(plans[0]) == hash(plans[1])
