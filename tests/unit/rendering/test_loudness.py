"""Narration is measured as BS.1770 defines it and brought to one loudness."""

from __future__ import annotations

import math
import tempfile

import numpy as np
import pytest

from worker.rendering.loudness import (
    CEILING_DBTP,
    TARGET_LUFS,
    Samples,
    measure_loudness,
    normalise,
)

RATE = 48_000


def louder_than(samples: Samples) -> Samples:
    """The samples at the target loudness, read and written in pieces."""
    pieces = np.array_split(samples, 7)
    with tempfile.TemporaryFile() as scratch:
        return np.concatenate(list(normalise(lambda: iter(pieces), RATE, scratch)()))


def speech_like(seconds: float, level: float) -> Samples:
    """Noise in syllables with a sharp attack: a crest factor like speech."""
    times = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(7).standard_normal(len(times))
    smooth = np.convolve(noise, np.ones(12) / 12, mode="same")
    syllables = np.exp(-4 * (times * 4 % 1)) * (times % 2.5 < 2)
    return np.asarray(level * smooth * syllables, dtype=np.float32)


def test_a_sine_measures_what_the_standard_says() -> None:
    """A 997 Hz sine of -20 dBFS in one channel measures -23.01 LUFS (BS.1770-4)."""
    times = np.arange(5 * RATE) / RATE
    sine = (0.1 * np.sin(2 * np.pi * 997 * times)).astype(np.float32)
    measured = measure_loudness([sine], RATE)
    assert measured.lufs == pytest.approx(-23.01, abs=0.05)
    assert measured.true_peak == pytest.approx(-20.0, abs=0.1)


@pytest.mark.parametrize("level", [0.02, 0.2, 1.5])
def test_quiet_and_loud_speech_come_out_alike_and_under_the_ceiling(level: float) -> None:
    speech = speech_like(8, level)
    louder = louder_than(speech)
    measured = measure_loudness([louder], RATE)
    assert measured.lufs == pytest.approx(TARGET_LUFS, abs=0.5)
    assert measured.true_peak <= CEILING_DBTP + 0.3
    assert len(louder) == len(speech)


def test_clicks_in_the_narration_stay_under_the_ceiling_and_leave_the_speech_as_loud() -> None:
    clicking = speech_like(8, 0.3)
    clicking[RATE // 3 :: RATE] = 1.0
    louder = louder_than(clicking)
    measured = measure_loudness([louder], RATE)
    assert measured.true_peak <= CEILING_DBTP + 0.3
    assert measured.lufs == pytest.approx(TARGET_LUFS, abs=1.0)


def test_normalising_moves_nothing_in_time() -> None:
    speech = speech_like(6, 1.0)
    louder = louder_than(speech)
    spectrum = np.fft.rfft(speech) * np.conj(np.fft.rfft(louder))
    shift = int(np.argmax(np.fft.irfft(spectrum)))
    assert min(shift, len(speech) - shift) <= 2


def test_speech_under_the_ceiling_is_only_made_louder_and_never_reshaped() -> None:
    times = np.arange(4 * RATE) / RATE
    sine = (0.05 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    ratio = louder_than(sine)[1000:2000] / np.where(sine[1000:2000] == 0, 1, sine[1000:2000])
    assert np.ptp(ratio[np.abs(sine[1000:2000]) > 0.001]) < 0.01


def test_silence_stays_silence() -> None:
    silence = np.zeros(2 * RATE, dtype=np.float32)
    assert (louder_than(silence) == 0).all()
    assert measure_loudness([silence], RATE).true_peak == -math.inf
