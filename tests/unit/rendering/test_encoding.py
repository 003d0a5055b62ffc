"""What is sent to the encoder, and when."""

from __future__ import annotations

from pathlib import Path

import av
from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.render_plan import Box, Motion, Role, ScenePlan, TextElement, TextLine
from worker.rendering.composition import ScenePainter
from worker.rendering.encoding import (
    KEY_FRAMES_LATEST,
    REPEAT_FRAMES,
    encode_segment,
    plan_shots,
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[int], int]:
    frame_count = draw(st.integers(1, 2000))
    changes = draw(st.sets(st.integers(1, max(1, frame_count - 1)), max_size=60))
    return [0, *sorted(frame for frame in changes if frame < frame_count)], frame_count


@given(scenes())
def test_shots_cover_every_frame_of_the_scene_once(scene: tuple[list[int], int]) -> None:
    changes, frame_count = scene
    end = 0
    for shot in plan_shots(changes, frame_count):
        assert shot.frame == end
        assert shot.frame_count > 0
        end += shot.frame_count
    assert end == frame_count


@given(scenes())
def test_every_change_is_sent_as_new_and_a_still_again_within_a_second(
    scene: tuple[list[int], int],
) -> None:
    shots = plan_shots(*scene)
    assert [shot.frame for shot in shots if shot.is_new] == scene[0]
    assert max(shot.frame_count for shot in shots) <= REPEAT_FRAMES


@given(scenes())
def test_decoding_can_start_at_the_scene_start_and_at_least_every_five_seconds(
    scene: tuple[list[int], int],
) -> None:
    changes, frame_count = scene
    keys = [shot.frame for shot in plan_shots(changes, frame_count) if shot.is_key]
    assert keys[0] == 0
    gaps = [end - start for start, end in zip(keys, [*keys[1:], frame_count], strict=True)]
    assert max(gaps) <= KEY_FRAMES_LATEST


def test_a_still_that_is_sent_again_takes_next_to_nothing(tmp_path: Path) -> None:
    """At one quantiser a picture that has been sent is good enough: nothing refines it."""
    seconds, line = 5, TextLine("gyp", 40, 100)
    motion = Motion(0, seconds * 30)
    text = TextElement(
        "text", Role.TITLE, Box(30, 30, 200, 100), motion, (line,), 72, 600, "#111111", "#ffffff"
    )
    plan = ScenePlan("still", 320, 180, seconds * 30, "#ffffff", (text,))
    target = tmp_path / "still.mp4"
    for _ in encode_segment(ScenePainter(plan).canvases(), plan_shots([0], 150), target):
        pass
    with av.open(str(target)) as container:
        first, *again = (packet.size for packet in container.demux(video=0) if packet.size)
    assert len(again) == seconds - 1
    assert max(again) < min(100, first / 20)
