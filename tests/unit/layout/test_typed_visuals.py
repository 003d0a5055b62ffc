"""Charts and diagrams stand within the layout rules, and follow the voice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.gallery import BARS, COMPARISON, PLOT, VISUALS, place
from tests.unit.layout.test_scenes import TOLERANCE, element, lay_out, texts
from tests.unit.layout.test_visuals import diagram_faults
from worker.layout.axes import multiples, nice_step, ticks
from worker.layout.text import MINIMUM_SIZE
from worker.layout.theme import MINIMUM_CONTRAST, contrast_ratio
from worker.lessons.charts import Bar
from worker.lessons.diagrams import Flow, FlowStep
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import FormulaElement, ScenePlan, TextElement
from worker.lessons.storyboard import SceneKind
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene
from worker.lessons.visuals import Visual

EVERY_VISUAL = pytest.mark.parametrize("placed", VISUALS.values(), ids=list(VISUALS))


def small_signs(plan: ScenePlan) -> list[str]:
    formulas = [one for one in plan.elements if isinstance(one, FormulaElement)]
    return [
        one.element_id
        for one in formulas
        if min(run.font_size for run in one.runs) < MINIMUM_SIZE
        or contrast_ratio(one.color, one.surface) < MINIMUM_CONTRAST
    ]


def labels_that_meet(plan: ScenePlan) -> list[str]:
    """Formulas that cover another text of the visual."""
    formulas = [one for one in plan.elements if isinstance(one, FormulaElement)]
    others: list[TextElement | FormulaElement] = [*texts(plan), *formulas]
    return [
        f"{one.element_id} covers {other.element_id}"
        for one in formulas
        for other in others
        if one is not other and one.box.overlaps(other.box)
    ]


@EVERY_VISUAL
@pytest.mark.parametrize("kind", [SceneKind.EXPLANATION, SceneKind.TAKEAWAYS])
def test_a_visual_keeps_the_layout_rules_on_page_and_stage(
    placed: PlacedScene, kind: SceneKind
) -> None:
    plan = lay_out(replace(placed, scene=replace(placed.scene, kind=kind)))
    assert diagram_faults(plan) + small_signs(plan) + labels_that_meet(plan) == []


@EVERY_VISUAL
def test_a_visual_keeps_the_layout_rules_above_a_display_or_is_refused(
    placed: PlacedScene,
) -> None:
    with suppress(LayoutError):
        plan = lay_out(replace(placed, scene=replace(placed.scene, display="E = mc²")))
        assert diagram_faults(plan) + small_signs(plan) + labels_that_meet(plan) == []


@EVERY_VISUAL
def test_a_part_appears_and_glows_when_it_is_named(placed: PlacedScene) -> None:
    plan = lay_out(placed)
    for cue in placed.scene.part_cues:
        named = placed.sentences[cue.sentence_index].words[cue.word_index].start
        motion = element(plan, f"part-{cue.part_id}").motion
        assert abs(motion.first_frame / FRAMES_PER_SECOND - named) <= TOLERANCE
        frame = round(named * FRAMES_PER_SECOND) + 8
        glowing = {
            one.element_id.split("-")[1]
            for one in plan.elements
            if "-glow-" in one.element_id and one.motion.opacity_at(frame) > 0
        }
        assert glowing == {cue.part_id}


def test_bars_are_as_long_as_their_values() -> None:
    plan = lay_out(VISUALS["bar-chart"])
    longest = element(plan, "part-jupiter-bar").box.width
    for bar in BARS.bars:
        drawn = element(plan, f"part-{bar.part_id}-bar").box.width
        assert drawn == pytest.approx(longest * bar.value / 24.8, abs=1)


def test_a_point_of_a_curve_stands_at_its_numbers() -> None:
    plan = lay_out(VISUALS["function-plot"])
    middles = {
        one.part_id: (box.x + box.width / 2, box.y + box.height / 2)
        for one in PLOT.points
        for box in [element(plan, f"part-{one.part_id}-dot").box]
    }
    left, right, vertex = (middles[name] for name in ("left", "right", "vertex"))
    assert vertex[0] == pytest.approx((left[0] + right[0]) / 2, abs=1)
    assert left[1] == right[1] < vertex[1]


def drawing(visual: Visual) -> ScenePlan:
    bullets = ("One", "Two")
    return lay_out(place(SceneKind.EXPLANATION, "A title", bullets, visual=visual))


def test_a_label_too_long_for_its_visual_is_refused_by_name() -> None:
    long = "pneumonoultramicroscopicsilicovolcanoconiosis"
    with pytest.raises(LayoutError, match="bar chart does not fit"):
        drawing(replace(BARS, bars=(Bar("a", long, 1),)))
    with pytest.raises(LayoutError, match="steps of a cycle do not fit"):
        drawing(Flow((FlowStep("a", long), FlowStep("b", "b")), is_cycle=True))
    with pytest.raises(LayoutError, match="do not fit at 36 px"):
        drawing(replace(COMPARISON, left=replace(COMPARISON.left, title=long)))
    with pytest.raises(LayoutError, match="label of a plot finds no free place"):
        drawing(replace(PLOT, points=(replace(PLOT.points[0], label=long * 2),)))


label = st.text("abcdefgijklmopqrstuy0123 ", min_size=1, max_size=14).filter(str.strip)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(label, st.floats(0, 1e6, allow_subnormal=False)), min_size=1, max_size=6
    ).filter(lambda bars: any(value > 0 for _, value in bars)),
    st.lists(label, min_size=2, max_size=6),
)
def test_any_chart_and_flow_is_laid_out_within_the_rules_or_refused(
    bars: list[tuple[str, float]], steps: list[str]
) -> None:
    chart = replace(BARS, bars=tuple(Bar(f"b{n}", *one) for n, one in enumerate(bars)))
    with suppress(LayoutError):
        assert diagram_faults(drawing(chart)) == []
    for is_cycle in (False, True):
        flow = Flow(tuple(FlowStep(f"s{n}", one) for n, one in enumerate(steps)), is_cycle)
        with suppress(LayoutError):
            assert diagram_faults(drawing(flow)) == []


@given(st.floats(1e-6, 1e9), st.integers(2, 8))
def test_steps_of_an_axis_are_round_and_few(length: float, most: int) -> None:
    step = nice_step(length, most)
    assert 1 <= length / step <= most + 1e-6
    assert f"{step:e}"[0] in "125"


def test_ticks_hold_both_ends_of_an_axis() -> None:
    assert ticks(-4, 4, 4) == (-4, -2, 0, 2, 4)
    assert multiples(0, 2, 0.25)[-1] == 2
