"""The sources card credits what fits, and counts what does not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.gallery import place_card
from tests.unit.layout.test_any_text import faults_of_ink, phrase
from tests.unit.layout.test_scenes import cards_that_cut, faults, lay_out, texts
from worker.layout.sources_card import REWORDED
from worker.layout.stage_drawing import QUIET
from worker.lessons.errors import LayoutError
from worker.lessons.look import Look, Shape
from worker.lessons.render_plan import ScenePlan
from worker.lessons.storyboard import Bullet, Source
from worker.lessons.visuals import Direction, Force, ForceDiagram, Thing

LONG = "Chapter 4, Forces and Newton's Laws of Motion: Newton's Third Law of Motion"
DRAWING = ForceDiagram((Thing("car", "Car"),), (Force("drive", "5 N", "car", Direction.RIGHT, 5),))


def source(number: int, chapter: str = LONG) -> Source:
    return Source(f"s-{number}", f"A book of physics {number}", chapter, "CC BY-SA 4.0", "Ada Lee")


def drawn(plan: ScenePlan) -> str:
    return " ".join(line.text for text in texts(plan) for line in text.lines)


def counted(plan: ScenePlan) -> int:
    found = re.search(r"(\d+) (?:more )?in citations\.json", drawn(plan))
    return int(found[1]) if found else 0


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("count", [*range(1, 9), 16])
def test_every_source_is_credited_or_counted(shape: Shape, count: int) -> None:
    plan = lay_out(place_card(*map(source, range(count))), look=Look(shape))
    assert faults(plan) + cards_that_cut(plan) == []
    credited = [n for n in range(count) if f"A book of physics {n}" in drawn(plan)]
    assert len(credited) == drawn(plan).count("CC BY-SA 4.0") == count - counted(plan)
    assert len(credited) >= min(count, 6)
    assert REWORDED in drawn(plan)


def test_one_source_and_two_stand_in_full_beside_the_subject_s_drawing() -> None:
    for count in (1, 2):
        plan = lay_out(place_card(*(source(number, "Forces") for number in range(count))))
        (ornament,) = [one for one in plan.elements if one.element_id == "ornament"]
        assert ornament.box.width > QUIET / 2
        assert drawn(plan).count("Ada Lee") == count


def test_a_source_that_the_font_cannot_write_is_counted_and_does_not_stop_the_lesson() -> None:
    plan = lay_out(place_card(source(1), Source("han", "力学", "", "CC0")))
    assert "A book of physics 1" in drawn(plan)
    assert counted(plan) == 1
    alone = lay_out(place_card(Source("han", "力学", "", "CC0")))
    assert "1 in citations.json." in drawn(alone)


def test_an_address_is_shown_as_people_write_it() -> None:
    there = replace(source(1), url="https://example.org/hive/")
    assert "Ada Lee, example.org/hive" in drawn(lay_out(place_card(there)))


def test_a_card_that_shows_anything_else_is_refused_and_so_is_a_scene_that_credits() -> None:
    placed = place_card(source(1))
    for change in ({"bullets": (Bullet("More", 0),)}, {"display": "F = ma"}):
        more = replace(placed, scene=replace(placed.scene, **change))
        with pytest.raises(LayoutError, match="nothing but sources"):
            lay_out(more)
    with pytest.raises(LayoutError, match="shows no visual"):
        lay_out(replace(placed, scene=replace(placed.scene, visual=DRAWING)))


names = phrase | st.text("abcdefgh ", min_size=1, max_size=90).filter(str.strip)


@settings(max_examples=25, deadline=None)
@given(
    written=st.lists(st.tuples(names, names, names, names), min_size=1, max_size=5),
    shape=st.sampled_from(Shape),
)
def test_any_attribution_is_laid_out_whole(
    written: list[tuple[str, str, str, str]], shape: Shape
) -> None:
    sources = [
        Source(str(number), title, chapter, licence, author)
        for number, (title, chapter, licence, author) in enumerate(written)
    ]
    plan = lay_out(place_card(*sources), look=Look(shape))
    assert faults(plan) + cards_that_cut(plan) + faults_of_ink(plan) == []
