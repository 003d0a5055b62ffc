"""Rectangles add up to the whole frame, and planes to what RGB would have been."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

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
)
from worker.lessons.scene_changes import distinct_frames
from worker.rendering.composition import ScenePainter
from worker.rendering.sprites import draw_sprite

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
    for frame, canvas in painter.canvases():
        alone = painter.canvas_at(frame).pixels.astype(int)
        # Layers that a fade unites are rounded once less.
        assert np.abs(canvas.pixels.astype(int) - alone).max() <= 3, frame
        seen.append(frame)
    assert tuple(seen) == distinct_frames(plan)


def test_between_distinct_frames_nothing_changes() -> None:
    plan = busy_scene()
    painter = ScenePainter(plan)
    changes = set(distinct_frames(plan))
    for frame in range(1, plan.frame_count):
        pixels, before = (painter.canvas_at(one).pixels for one in (frame, frame - 1))
        assert (pixels == before).all() or frame in changes


def test_the_same_plan_is_painted_to_the_same_bytes() -> None:
    first = [canvas.pixels.tobytes() for _, canvas in ScenePainter(busy_scene()).canvases()]
    again = [canvas.pixels.tobytes() for _, canvas in ScenePainter(busy_scene()).canvases()]
    assert first == again


@pytest.mark.parametrize("frame", [0, 2, 12, 20, 29, 45, 59])
def test_blending_planes_gives_what_blending_rgb_and_converting_gives(frame: int) -> None:
    plan = busy_scene()
    picture = Image.new("RGBA", (plan.width, plan.height), plan.background)
    for element in plan.elements:
        opacity = element.motion.opacity_at(frame)
        dx, dy = element.motion.offset_at(frame)
        sprite = draw_sprite(element)
        sprite.putalpha(sprite.getchannel("A").point(lambda value, o=opacity: round(value * o)))
        layer = Image.new("RGBA", picture.size)
        layer.paste(sprite, (element.box.x + dx, element.box.y + dy))
        picture.alpha_composite(layer)
    canvas = ScenePainter(plan).canvas_at(frame)
    expected = np.asarray(picture.convert("RGB")).astype(float)
    luma = 16 + 219 / 255 * expected @ (0.2126, 0.7152, 0.0722)  # ITU-R BT.709, studio range
    assert np.abs(canvas.pixels[: plan.height] - luma).max() <= 2
    # Chroma has half the resolution: it differs along edges alone.
    seen = canvas.frame().to_ndarray(format="rgb24")
    assert np.abs(seen - expected).mean() < 3


def test_a_scene_without_elements_is_its_background() -> None:
    plan = ScenePlan("empty", 64, 36, 10, "#336699")
    canvases = [
        (frame, canvas.frame().to_ndarray(format="rgb24"))
        for frame, canvas in ScenePainter(plan).canvases()
    ]
    assert [frame for frame, _ in canvases] == [0]
    assert np.abs(canvases[0][1].astype(int) - (0x33, 0x66, 0x99)).max() <= 2
