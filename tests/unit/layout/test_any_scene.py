"""Any scene that a writer may make is laid out within the rules, or refused with a reason."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.gallery import VISUALS, place
from tests.unit.layout.test_scenes import TAUGHT, cards_that_cut, faults, lay_out
from tests.unit.layout.test_typed_visuals import labels_that_meet, small_signs
from tests.unit.layout.test_visuals import diagram_faults
from worker.adapters.gemini_storyboard import LONGEST_DISPLAY, LONGEST_TITLE, MOST_BULLET_WORDS
from worker.adapters.lesson_composition import (
    LONG_DISPLAY,
    MOST_BULLETS,
    MOST_BULLETS_BESIDE_A_VISUAL,
    MOST_BULLETS_OVER_A_LONG_DISPLAY,
)
from worker.layout.glyphs import missing_glyphs
from worker.layout.scenes import WITH_A_VISUAL
from worker.lessons.errors import LayoutError
from worker.lessons.look import Look, Shape
from worker.lessons.render_plan import FormulaElement, ScenePlan
from worker.lessons.storyboard import SceneKind

word = st.text("abcdefgijklmopqrstuy", min_size=1, max_size=11)
words = st.lists(word, min_size=1, max_size=MOST_BULLET_WORDS).map(" ".join)
labelled = st.builds("{}: {}".format, word, st.lists(word, min_size=1, max_size=6).map(" ".join))
titles = words.filter(lambda text: len(text) <= LONGEST_TITLE)

number = st.integers(0, 9999).map(str) | st.sampled_from(["0.5", "3.75", "1/2", "\N{MINUS SIGN}8"])
measured = st.builds("{} {}".format, number, st.sampled_from(["N", "kg", "m/s²", "J", "mol"]))
variable = st.builds(
    "{}{}".format,
    st.sampled_from([*"FmavEcxytπθ", "ΔT"]),
    st.sampled_from(["", "", "²", "³", "₁", "₂"]),
)
root = st.builds("√({} + {})".format, variable, number)
term = number | measured | variable | root
summed = st.builds(
    "{} {} {}".format,
    term,
    st.sampled_from(["+", "÷", "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"]),
    term,
)
side = term | summed | st.builds("({}) \N{MULTIPLICATION SIGN} {}".format, summed, variable)
formula = st.lists(side, min_size=2, max_size=4).flatmap(
    lambda sides: st.sampled_from("=≈<≥≠").map(lambda relation: f" {relation} ".join(sides))
)
displays = (st.just("") | formula | formula | words).filter(lambda one: len(one) <= LONGEST_DISPLAY)


def all_faults(plan: ScenePlan) -> list[str]:
    """Overlaps, cuts, small signs and missing glyphs, formulas included."""
    boxes = {one.element_id: one.box for one in plan.elements}
    found = faults(plan) + cards_that_cut(plan) + small_signs(plan) + labels_that_meet(plan)
    found += [
        f"{one.element_id} leaves its panel"
        for one in plan.elements
        if isinstance(one, FormulaElement)
        and (panel := boxes.get(f"{one.element_id}-panel")) is not None
        and not panel.contains(one.box)
    ]
    return found + list(missing_glyphs([plan]))


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(TAUGHT),
    bullets=st.lists(words | labelled, max_size=MOST_BULLETS),
    title=titles,
    display=displays,
    shape=st.sampled_from(Shape),
)
def test_any_scene_without_a_visual(
    kind: SceneKind, bullets: list[str], title: str, display: str, shape: Shape
) -> None:
    try:
        plan = lay_out(place(kind, title, bullets, display), look=Look(shape))
    except LayoutError as error:
        # What the bundled writer makes always has room.
        few = len(bullets) <= MOST_BULLETS_OVER_A_LONG_DISPLAY and len(display) <= LONG_DISPLAY
        # Either outcome is right; ruff knows of one.
        assert "do not fit" in error.message and not few, error.message  # noqa: PT017, PT018
        return
    assert all_faults(plan) == []


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(sorted(VISUALS)),
    kind=st.sampled_from(sorted(WITH_A_VISUAL)),
    bullets=st.lists(words | labelled, max_size=MOST_BULLETS_BESIDE_A_VISUAL),
    title=titles,
    display=displays,
    shape=st.sampled_from(Shape),
)
def test_any_scene_with_a_visual(  # noqa: PLR0913, PLR0917 - one for each thing that is drawn
    name: str, kind: SceneKind, bullets: list[str], title: str, display: str, shape: Shape
) -> None:
    visual = VISUALS[name].scene.visual
    try:
        plan = lay_out(place(kind, title, bullets, display, visual), look=Look(shape))
    except LayoutError as error:
        assert any(why in error.message for why in ("fit", "no free place", "too long"))  # noqa: PT017
        return
    assert all_faults(plan) + diagram_faults(plan) == []
