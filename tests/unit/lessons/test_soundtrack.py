"""The soundtrack: every sentence at its time, silence between, and the length of the frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lessons.small_lesson import lesson, lessons, place_scenes, spoken
from worker.lessons.narration import SceneNarration, SpokenSentence
from worker.lessons.soundtrack import BYTES_PER_SAMPLE, Soundtrack
from worker.lessons.timeline import FRAMES_PER_SECOND, Timeline

Drawn = list[list[tuple[SpokenSentence, float]]]


def laid(drawn: Drawn) -> tuple[Timeline, tuple[SceneNarration, ...]]:
    story, narrations = lesson(drawn)
    return place_scenes(story, narrations), narrations


def join_narration(timeline: Timeline, narrations: tuple[SceneNarration, ...]) -> tuple[bytes, int]:
    """Lay all scenes, and read the track back."""
    with TemporaryDirectory() as folder:
        track = Soundtrack(Path(folder) / "narration.pcm")
        for placed, narration in zip(timeline.scenes, narrations, strict=True):
            track.lay(placed, narration)
        return track.path.read_bytes(), track.sample_rate


@given(st.sampled_from([8000, 22_050, 24_000, 44_100, 48_000]), st.integers(1, 90))
def test_the_track_is_as_long_as_the_frames_to_the_sample(rate: int, hundredths: int) -> None:
    timeline, narrations = laid([[(spoken(("Go.", hundredths / 100), rate=rate), 0.37)]])
    track, track_rate = join_narration(timeline, narrations)
    assert track_rate == rate
    samples, odd = divmod(len(track), BYTES_PER_SAMPLE)
    assert odd == 0
    assert samples == timeline.frame_count * rate // FRAMES_PER_SECOND


@given(lessons())
def test_every_sentence_sounds_at_its_time(drawn: Drawn) -> None:
    timeline, narrations = laid(drawn)
    track, rate = join_narration(timeline, narrations)
    for scene, narration in zip(timeline.scenes, narrations, strict=True):
        for placed, said in zip(scene.sentences, narration.sentences, strict=True):
            first = round((scene.start + placed.start) * rate)
            sounds = track[first * 2 : (first + said.sample_count) * 2]
            # Two sentences without a pause may round to the same sample.
            assert sounds[:-2] == said.pcm[:-2]


@given(lessons())
def test_nothing_sounds_between_the_sentences(drawn: Drawn) -> None:
    timeline, narrations = laid(drawn)
    track, _ = join_narration(timeline, narrations)
    sounding = track.count(b"\x01")  # the low byte of every sample that is not silence
    said = sum(said.sample_count for scene in narrations for said in scene.sentences)
    rounded_away = sum(len(scene.sentences) for scene in narrations)
    assert said - rounded_away <= sounding <= said


def test_a_sentence_starts_on_the_sample_that_the_timeline_says() -> None:
    timeline, narrations = laid([[(spoken(("Go.", 0.5), sample=b"\x07\x00"), 0.4)]])
    track, rate = join_narration(timeline, narrations)
    assert rate == 24_000
    assert track.index(b"\x07") == 12_000 * 2
    assert track.rindex(b"\x07") == (24_000 - 1) * 2
    assert len(track) == 2 * 24_000 * 2


def test_mixed_sample_rates_are_refused() -> None:
    timeline, narrations = laid(
        [[(spoken(("One.", 0.5)), 0.3), (spoken(("Two.", 0.5), rate=48_000), 0.3)]]
    )
    with pytest.raises(ValueError, match=r"mixes sample rates: \[24000, 48000\]"):
        join_narration(timeline, narrations)


def test_sample_rates_may_not_change_from_scene_to_scene_either() -> None:
    timeline, narrations = laid(
        [[(spoken(("One.", 0.5)), 0.3)], [(spoken(("Two.", 0.5), rate=48_000), 0.3)]]
    )
    with pytest.raises(ValueError, match=r"mixes sample rates: \[24000, 48000\]"):
        join_narration(timeline, narrations)


def test_a_narration_of_fewer_sentences_is_refused(tmp_path: Path) -> None:
    drawn = [[(spoken(("One.", 0.5)), 0.3), (spoken(("B.", 1.0)), 0.3)]]
    timeline, (narration,) = laid(drawn)
    fewer = replace(narration, sentences=narration.sentences[:1])
    with pytest.raises(ValueError, match="shorter"):
        Soundtrack(tmp_path / "narration.pcm").lay(timeline.scenes[0], fewer)
