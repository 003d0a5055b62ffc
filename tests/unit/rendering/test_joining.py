"""What is joined must fit together, and says in which language it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from worker.lessons.errors import LessonInvalidError
from worker.lessons.render_plan import LessonAssembly
from worker.rendering.joining import AUDIO_RATE, language_code, narration_samples


@pytest.fixture
def narration(tmp_path: Path) -> Path:
    return tmp_path / "narration.pcm"


def assembly(narration: Path, frame_count: int, samples: int, rate: int = 24_000) -> LessonAssembly:
    (3000 * np.sin(np.arange(samples) / 9)).astype("<i2").tofile(narration)
    return LessonAssembly((), frame_count, narration, rate, "Title", "en", ())


@pytest.mark.parametrize(("tag", "code"), [("en", "eng"), ("en-GB", "eng"), ("DE", "deu")])
def test_a_language_is_stored_as_mp4_wants_it(tag: str, code: str) -> None:
    assert language_code(tag) == code


def test_a_language_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(LessonInvalidError, match="'qq'"):
        language_code("qq")


@pytest.mark.parametrize("rate", [22_050, 24_000, 48_000])
def test_the_narration_is_made_exactly_as_long_as_the_video(narration: Path, rate: int) -> None:
    samples = narration_samples(assembly(narration, 90, 3 * rate, rate))
    assert len(samples) == 3 * AUDIO_RATE


def test_a_narration_that_is_off_by_more_than_a_frame_is_refused(narration: Path) -> None:
    with pytest.raises(LessonInvalidError, match=r"narration lasts 2\.900 s, the pictures 3\.000"):
        narration_samples(assembly(narration, 90, round(2.9 * 24_000)))


def test_resampling_does_not_move_the_narration(narration: Path) -> None:
    click = np.zeros(3 * 24_000, dtype="<i2")
    click[24_000:26_400] = 8000 * np.sign(np.sin(np.arange(2400) / 5))
    click.tofile(narration)
    job = LessonAssembly((), 90, narration, 24_000, "Title", "en", ())
    loud = np.abs(narration_samples(job)) > 0.02
    assert abs(int(np.argmax(loud)) - AUDIO_RATE) <= 48
