"""A request that chooses its pictures gets them, and one that chooses what is not is refused."""

from __future__ import annotations

import json
from collections import deque
from itertools import takewhile
from pathlib import Path

import av
import pytest

from tests.integration.pipeline.conftest import Workshop
from worker.layout.theme import contrast_ratio, rgb, theme_for
from worker.lessons.errors import RequestOptionsError
from worker.lessons.lesson_record import RENDER_PLAN, STORYBOARD, read_plans, read_storyboard
from worker.lessons.look import Appearance
from worker.lessons.render_plan import (
    UPRIGHT_CAPTION_ZONE_TOP,
    Box,
    Element,
    PanelElement,
    Role,
    ScenePlan,
)
from worker.lessons.storyboard import SceneKind
from worker.lessons.timeline import FRAMES_PER_SECOND

UPRIGHT_DARK_BURNED = {"captions": "burned_in", "shape": "9:16", "appearance": "dark"}


@pytest.mark.timeout(600)  # a whole lesson, word by word
async def test_an_upright_dark_lesson_with_burned_in_captions_is_made_as_it_is_asked_for(
    workshop: Workshop,
) -> None:
    lesson = await workshop.make(
        await workshop.add(request_metadata=json.dumps(UPRIGHT_DARK_BURNED))
    )
    board = read_storyboard((lesson.folder / STORYBOARD).read_bytes())
    plans = read_plans((lesson.folder / RENDER_PLAN).read_bytes(), board)
    assert {(plan.width, plan.height) for plan in plans} == {(1080, 1920)}
    assert all(contrast_ratio(plan.background, "#ffffff") > 10 for plan in plans)
    zone = Box(0, UPRIGHT_CAPTION_ZONE_TOP, 1080, 1920 - UPRIGHT_CAPTION_ZONE_TOP)
    spoken = [plan for plan in plans if plan.scene_id != SceneKind.SOURCES.value]
    assert all(zone.contains(one.box) for plan in spoken for one in captions_of(plan))
    panel = next(one for one in captions_of(plans[0]) if isinstance(one, PanelElement))
    assert panel.fill == theme_for("physics", Appearance.DARK).stage.card
    seen = pixel(lesson.folder / "lesson.mp4", panel)
    assert seen == pytest.approx(rgb(panel.fill), abs=8)
    assert (lesson.folder / "captions.vtt").exists()


async def test_a_request_for_pictures_that_no_lesson_has_is_refused_by_the_key(
    workshop: Workshop,
) -> None:
    request_id = await workshop.add(request_metadata=json.dumps({"shape": "4:3"}))
    with pytest.raises(RequestOptionsError, match=r"shape: must be 16:9 or 9:16$"):
        await workshop.make(request_id)


def captions_of(plan: ScenePlan) -> list[Element]:
    found = [one for one in plan.elements if one.role is Role.CAPTION]
    assert found, plan.scene_id
    return found


def pixel(video: Path, panel: PanelElement) -> tuple[int, ...]:
    """The colour of the video's own picture near a panel's left edge, where no word stands."""
    middle = (panel.motion.first_frame + panel.motion.last_frame) // 2
    with av.open(video) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (1080, 1920)
        until = takewhile(
            lambda one: one.time * FRAMES_PER_SECOND <= middle, container.decode(video=0)
        )
        picture = deque(until, maxlen=1).pop().to_ndarray(format="rgb24")
    at = picture[panel.box.y + panel.box.height // 2, panel.box.x + 8]
    return tuple(int(channel) for channel in at)
