"""Where and when a scene changes: enough to draw it, and no more."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.render_plan import Box, Motion, PanelElement, Role, ScenePlan
from worker.lessons.scene_changes import GRID, distinct_frames, scene_changes

FRAME_COUNT = 60
WIDTH, HEIGHT = 200, 120

_motions = st.builds(
    Motion,
    first_frame=st.integers(0, 30),
    last_frame=st.integers(31, FRAME_COUNT - 1),
    fade_in=st.integers(0, 6),
    fade_out=st.integers(0, 6),
    slide_x=st.integers(-20, 20),
    slide_y=st.integers(-20, 20),
)
_boxes = st.builds(
    Box, st.integers(-20, 180), st.integers(-20, 100), st.integers(1, 90), st.integers(1, 60)
)
_plans = st.lists(st.tuples(_boxes, _motions), max_size=6).map(lambda drawn: plan(*drawn))


def plan(*drawn: tuple[Box, Motion]) -> ScenePlan:
    elements = tuple(
        PanelElement(f"p{index}", Role.DECORATION, box, motion, "#000000")
        for index, (box, motion) in enumerate(drawn)
    )
    return ScenePlan("scene", WIDTH, HEIGHT, FRAME_COUNT, "#ffffff", elements)


def test_a_scene_begins_with_its_whole_first_frame() -> None:
    still = plan((Box(5, 5, 10, 10), Motion(0, FRAME_COUNT - 1)))
    (opening,) = scene_changes(still)
    assert (opening.box, opening.frames) == (Box(0, 0, WIDTH, HEIGHT), (0,))


def test_changes_far_apart_stay_apart_although_they_happen_at_once() -> None:
    one, other = Box(0, 0, 20, 20), Box(100, 60, 20, 20)
    changes = scene_changes(plan((one, Motion(10, 59, 3)), (other, Motion(10, 59, 3))))[1:]
    assert [change.box for change in changes] == [one, other]
    assert [change.frames for change in changes] == [(10, 11, 12, 13)] * 2


def test_what_slides_is_redrawn_where_it_comes_from_too() -> None:
    _, change = scene_changes(plan((Box(40, 40, 20, 20), Motion(10, 59, 3, slide_y=30))))
    assert change.box.y == 40
    assert change.box.bottom > 60


@given(_plans)
def test_every_frame_on_which_an_element_changes_is_in_a_change_that_holds_it(
    drawn: ScenePlan,
) -> None:
    whole = Box(0, 0, WIDTH, HEIGHT)
    changes = scene_changes(drawn)
    for index, element in enumerate(drawn.elements):
        for frame in element.motion.changing_frames():
            if not 0 < frame < FRAME_COUNT:
                continue
            (change,) = (c for c in changes if frame in c.frames and index in c.changing)
            for shown in (frame - 1, frame):
                box = element.box.moved(*element.motion.offset_at(shown))
                visible = element.motion.opacity_at(shown) > 0 and box.overlaps(whole)
                assert not visible or change.box.contains(_within(box, whole))


@given(_plans)
def test_no_two_changes_share_both_a_time_and_a_pixel(drawn: ScenePlan) -> None:
    for one, other in combinations(scene_changes(drawn)[1:], 2):
        apart_in_time = one.frames[-1] < other.frames[0] or other.frames[-1] < one.frames[0]
        assert apart_in_time or not one.box.overlaps(other.box)


@given(_plans)
def test_rectangles_are_on_the_grid_and_in_the_frame(drawn: ScenePlan) -> None:
    for change in scene_changes(drawn):
        box = change.box
        assert not any(edge % GRID for edge in (box.x, box.y, box.width, box.height))
        assert Box(0, 0, WIDTH, HEIGHT).contains(box)


@given(_plans)
def test_the_changes_are_all_distinct_frames(drawn: ScenePlan) -> None:
    frames = {frame for change in scene_changes(drawn) for frame in change.frames}
    assert tuple(sorted(frames)) == distinct_frames(drawn)


def _within(box: Box, whole: Box) -> Box:
    x, y = max(box.x, whole.x), max(box.y, whole.y)
    right, bottom = min(box.right, whole.right), min(box.bottom, whole.bottom)
    return Box(x, y, right - x, bottom - y)
