"""What a finished file is measured to be, against what was put into it."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from worker.adapters.render_pool import RenderPool
from worker.layout.theme import contrast_ratio
from worker.lessons.quality.evidence import LEVELS_PER_SECOND
from worker.lessons.render_plan import Box, Motion, Role, ScenePlan, TextElement, TextLine
from worker.rendering.measuring import measure_contrasts, measure_sound

RATE = 48_000
SURFACE = "#ffffff"


def written(color: str) -> ScenePlan:
    line = TextLine("HOHE MINIMUM", 60, 190)
    text = TextElement(
        "words", Role.TITLE, Box(50, 100, 900, 110), Motion(0, 29), (line,), 96, 700, color, SURFACE
    )
    return ScenePlan("scene", 1280, 720, 30, SURFACE, (text,))


@pytest.mark.parametrize("color", ["#111111", "#767676", "#bbbbbb"])
async def test_the_contrast_of_a_text_is_that_of_its_pixels(
    color: str, pool: RenderPool, tmp_path: Path
) -> None:
    plan, segment = written(color), tmp_path / "segment.mp4"
    await pool.render_segment(plan, segment, lambda _: None)
    (found,) = measure_contrasts(segment, (plan,))
    assert (found.element_id, found.is_large) == ("words", True)
    assert found.ratio == pytest.approx(contrast_ratio(color, SURFACE), rel=0.08)


def test_sound_is_measured_from_the_file(tmp_path: Path) -> None:
    """A second of silence, then two of a tone 12 dB below full scale."""
    times = np.arange(2 * RATE) / RATE
    tone = 0.25 * np.sin(2 * np.pi * 997 * times)
    samples = np.concatenate([np.zeros(RATE), tone])
    file = tmp_path / "tone.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes((samples * 32767).astype("<i2").tobytes())
    found = measure_sound(file)
    assert len(found.levels) == 3 * LEVELS_PER_SECOND
    assert max(found.between(0.0, 0.99)) == -100.0
    assert min(found.between(1.05, 2.9)) == pytest.approx(-12.0, abs=0.2)
    assert found.true_peak == pytest.approx(-12.0, abs=0.2)
    assert found.lufs == pytest.approx(-15.1, abs=0.5), "a full-scale tone measures -3.01 LUFS"
