"""What a voice gave is brought into shape, or refused, before anything is drawn by it."""

from __future__ import annotations

import numpy as np
import pytest

from worker.adapters.speech_sound import EDGE_SECONDS, audible, to_pcm, without_clicks
from worker.lessons.errors import NarrationError
from worker.lessons.narration import SpokenSentence, WordTiming, pack_sentence, unpack_sentence

RATE = 24_000


@pytest.mark.parametrize("length", [0, 1, RATE])
def test_a_sentence_without_a_sound_is_refused(length: int) -> None:
    with pytest.raises(NarrationError, match="silence"):
        audible(np.zeros(length), RATE)


@pytest.mark.parametrize("pcm", [b"", b"\0"])
def test_a_narration_of_zero_length_is_refused_whoever_made_it(pcm: bytes) -> None:
    with pytest.raises(NarrationError, match=f"{len(pcm)} bytes of sound"):
        SpokenSentence("Go.", pcm, RATE, (WordTiming("Go.", 0.0, 0.0),), "voice")


def test_a_cached_sentence_whose_sound_is_gone_is_none() -> None:
    spoken = SpokenSentence("Go.", b"\1\0", RATE, (WordTiming("Go.", 0.0, 0.0),), "voice")
    with pytest.raises(ValueError, match="no sound"):
        unpack_sentence("Go.", pack_sentence(spoken)[:-2])


def test_a_sentence_cut_off_at_full_strength_does_not_click() -> None:
    wave = 0.9 * np.sin(np.arange(RATE) / 3 + 1)
    soft = np.frombuffer(to_pcm(without_clicks(wave, RATE)), "<i2") / 32767
    assert soft[0] == soft[-1] == 0
    # No step from silence is larger than one within the sound itself.
    largest = np.abs(np.diff(wave)).max()
    assert np.abs(np.diff(soft, prepend=0, append=0)).max() <= largest
    edge = round(EDGE_SECONDS * RATE)
    assert np.allclose(soft[edge:-edge], wave[edge:-edge], atol=1e-4)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_shortest_sounds_keep_their_length(length: int) -> None:
    assert len(without_clicks(np.ones(length), RATE)) == length
