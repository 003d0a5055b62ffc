"""MoviePy's rectangles add up to the whole frame."""

from __future__ import annotations

import numpy as np

from worker.lessons.render_plan import (
    Box,
    Dim,
    Motion,
    PanelElement,
    Role,
    ScenePlan,
    StrokeElement,
    TextElement,
    TextLine,
    distinct_frames,
)
from worker.rendering.composition import ScenePainter

LAST = 59


def busy_scene() -> ScenePlan:
    """Overlapping elements that fade, slide, dim and leave, some of them at the same time."""
    card = Motion(5, LAST, fade_in=4, slide_y=18)
    line = TextLine("gyp", 40, 80)
    return ScenePlan(
        "scene",
        320,
        180,
        LAST + 1,
        "#224466",
        (
            PanelElement("base", Role.DECORATION, Box(0, 100, 320, 80), Motion(0, LAST), "#ffffff"),
            PanelElement("card", Role.BULLET, Box(21, 31, 203, 99), card, "#ffcc00", 17),
            PanelElement(
                "glow", Role.BULLET, Box(21, 31, 203, 99), Motion(9, 30, 3, 5), "#ff8800", 17
            ),
            TextElement(
                "text",
                Role.BULLET,
                Box(38, 30, 150, 70),
                Motion(5, LAST, fade_in=4, slide_y=18, dim=Dim(26, 3, 0.6)),
                (line,),
                48,
                600,
                "#001122",
                "#ffcc00",
            ),
            StrokeElement(
                "tick",
                Role.DECORATION,
                Box(250, 20, 60, 60),
                Motion(7, 40, fade_in=3, slide_x=-40),
                (((260, 50), (275, 65), (300, 30)),),
                "#ffffff",
                8,
            ),
            PanelElement(
                "curtain", Role.CURTAIN, Box(0, 0, 320, 180), Motion(0, 3, fade_out=4), "#224466"
            ),
        ),
    )


def test_each_distinct_frame_looks_like_the_same_frame_drawn_alone() -> None:
    plan = busy_scene()
    painter = ScenePainter(plan)
    seen = []
    for frame, picture in painter.pictures():
        alone = np.asarray(painter.picture_at(frame)).astype(int)
        # Pillow and MoviePy round a blend of several layers differently.
        assert np.abs(picture.astype(int) - alone).max() <= 3, frame
        seen.append(frame)
    assert tuple(seen) == distinct_frames(plan)


def test_between_distinct_frames_nothing_changes() -> None:
    plan = busy_scene()
    painter = ScenePainter(plan)
    changes = set(distinct_frames(plan))
    for frame in range(1, plan.frame_count):
        same = painter.picture_at(frame).tobytes() == painter.picture_at(frame - 1).tobytes()
        assert same or frame in changes


def test_the_same_plan_is_painted_to_the_same_bytes() -> None:
    first = [picture.tobytes() for _, picture in ScenePainter(busy_scene()).pictures()]
    again = [picture.tobytes() for _, picture in ScenePainter(busy_scene()).pictures()]
    assert first == again


def test_a_scene_without_elements_is_its_background() -> None:
    plan = ScenePlan("empty", 64, 36, 10, "#336699")
    pictures = [(frame, picture.copy()) for frame, picture in ScenePainter(plan).pictures()]
    assert [frame for frame, _ in pictures] == [0]
    assert (pictures[0][1] == (0x33, 0x66, 0x99)).all()
