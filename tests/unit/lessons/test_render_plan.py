"""What a render plan promises: boxes, motions, and the frames at which anything changes."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.render_plan import (
    Box,
    Dim,
    Motion,
    PanelElement,
    Role,
    ScenePlan,
)
from worker.lessons.scene_changes import distinct_frames

FRAME_COUNT = 90


def panel(name: str, motion: Motion) -> PanelElement:
    return PanelElement(name, Role.DECORATION, Box(0, 0, 10, 10), motion, "#000000")


def plan(*motions: Motion) -> ScenePlan:
    elements = tuple(panel(f"p{index}", motion) for index, motion in enumerate(motions))
    return ScenePlan("scene", 100, 100, FRAME_COUNT, "#ffffff", elements)


def test_boxes_that_only_touch_do_not_overlap() -> None:
    assert not Box(0, 0, 10, 10).overlaps(Box(10, 0, 10, 10))
    assert Box(0, 0, 10, 10).overlaps(Box(9, 9, 10, 10))


def test_an_element_is_fully_there_when_its_fade_in_ends() -> None:
    motion = Motion(10, 40, fade_in=4, fade_out=2)
    assert [motion.opacity_at(frame) for frame in (9, 41)] == [0.0, 0.0]
    assert motion.opacity_at(10) == pytest.approx(0.2)
    assert motion.opacity_at(14) == motion.opacity_at(38) == 1.0
    assert motion.opacity_at(40) == pytest.approx(1 / 3)


def test_a_slide_starts_off_its_place_and_arrives_with_the_fade() -> None:
    motion = Motion(10, 40, fade_in=4, slide_y=20)
    offsets = [motion.offset_at(frame)[1] for frame in range(10, 15)]
    assert offsets == sorted(offsets, reverse=True)
    assert offsets[0] > 0
    assert offsets[-1] == 0


def test_a_dimmed_element_stays_at_its_lower_opacity() -> None:
    motion = Motion(0, 80, dim=Dim(20, 3, 0.5))
    assert motion.opacity_at(19) == 1.0
    assert motion.opacity_at(23) == motion.opacity_at(79) == 0.5


def test_a_still_scene_has_one_distinct_frame() -> None:
    assert distinct_frames(plan(Motion(0, FRAME_COUNT - 1))) == (0,)


def test_an_empty_scene_still_has_its_first_frame() -> None:
    assert distinct_frames(plan()) == (0,)


def test_distinct_frames_are_those_of_every_fade_slide_dim_and_departure() -> None:
    changing = plan(
        Motion(10, 49, fade_in=2, slide_x=9, dim=Dim(30, 1, 0.6)), Motion(0, 69, fade_out=1)
    )
    assert distinct_frames(changing) == (0, 10, 11, 12, 30, 31, 50, 69, 70)


motions = st.builds(
    Motion,
    first_frame=st.integers(0, 60),
    last_frame=st.integers(61, FRAME_COUNT - 1),
    fade_in=st.integers(0, 9),
    fade_out=st.integers(0, 9),
    slide_x=st.integers(-30, 30),
    slide_y=st.integers(-30, 30),
    dim=st.none()
    | st.builds(Dim, st.integers(0, 80), st.integers(0, 9), st.sampled_from([0.25, 0.75, 1.0])),
)


@given(st.lists(motions, max_size=4))
def test_a_frame_is_distinct_exactly_when_some_element_looks_other_than_before(
    found: list[Motion],
) -> None:
    def look(frame: int) -> list[tuple[float, int, int] | None]:
        return [
            (motion.opacity_at(frame), *motion.offset_at(frame))
            if motion.opacity_at(frame) > 0
            else None
            for motion in found
        ]

    expected = [0, *(f for f in range(1, FRAME_COUNT) if look(f) != look(f - 1))]
    assert list(distinct_frames(plan(*found))) == expected


def test_equal_plans_are_equal_keys_and_survive_a_process_border() -> None:
    one = plan(Motion(10, 49, fade_in=2, dim=Dim(30, 1, 0.6)))
    copy = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own bytes
    assert copy == one
    assert hash(copy) == hash(one)
