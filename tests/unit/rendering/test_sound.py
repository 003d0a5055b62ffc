"""The narration is encoded once, in its place and as long as the video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from worker.lessons.errors import LessonInvalidError
from worker.lessons.lesson_assembly import Narration
from worker.rendering.loudness import Samples
from worker.rendering.sound import (
    AUDIO_RATE,
    as_long_as_the_video,
    encode_sound,
    spoken_samples,
)


@pytest.fixture
def track(tmp_path: Path) -> Path:
    return tmp_path / "narration.pcm"


def narration(track: Path, frame_count: int, samples: int, rate: int = 24_000) -> Narration:
    (3000 * np.sin(np.arange(samples) / 9)).astype("<i2").tofile(track)
    return Narration(track, rate, frame_count)


def read(narration: Narration) -> Samples:
    """The narration as it is encoded, but for its loudness."""
    return np.concatenate(list(as_long_as_the_video(spoken_samples(narration), narration)))


@pytest.mark.parametrize("rate", [22_050, 24_000, 48_000])
def test_the_narration_is_made_exactly_as_long_as_the_video(track: Path, rate: int) -> None:
    assert len(read(narration(track, 90, 3 * rate, rate))) == 3 * AUDIO_RATE


def test_a_narration_that_is_off_by_more_than_a_frame_is_refused(track: Path) -> None:
    short = narration(track, 90, round(2.9 * 24_000))
    target = track.with_name("narration.m4a")
    with pytest.raises(LessonInvalidError, match=r"narration lasts 2\.900 s, the pictures 3\.000"):
        encode_sound(short, target)
    assert not target.exists()


def test_resampling_does_not_move_the_narration(track: Path) -> None:
    click = np.zeros(3 * 24_000, dtype="<i2")
    click[24_000:26_400] = 8000 * np.sign(np.sin(np.arange(2400) / 5))
    click.tofile(track)
    loud = np.abs(read(Narration(track, 24_000, 90))) > 0.02
    assert abs(int(np.argmax(loud)) - AUDIO_RATE) <= 48
