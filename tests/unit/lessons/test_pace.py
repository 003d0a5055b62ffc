from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.pace import (
    estimate_speech_seconds,
    fastest_rate,
    sentence_rate,
    slower_pace,
    unhurried,
    words_per_minute,
)
from worker.lessons.storyboard import Scene, SceneKind, Sentence
from worker.lessons.timeline import Timeline

# docs: grades 1-5 follow 130 words a minute (DCMP), 6-8 140, 9-12 160 (ours).
FASTEST = {grade: 130 if grade <= 5 else 140 if grade <= 8 else 160 for grade in range(1, 13)}
RATE = 100
"""Samples a second of the voice below."""


@pytest.mark.parametrize("grade", FASTEST)
def test_a_grade_is_spoken_to_a_little_slower_than_it_can_follow(grade: int) -> None:
    assert fastest_rate(grade) == FASTEST[grade]
    assert 0.9 * FASTEST[grade] < words_per_minute(grade) < FASTEST[grade]


def test_no_grade_is_spoken_to_slower_than_the_one_below_it() -> None:
    rates = [words_per_minute(grade) for grade in FASTEST]
    assert all(one <= following for one, following in pairwise(rates))


def test_short_words_are_spoken_so_slowly_that_their_number_a_minute_can_be_followed() -> None:
    short = "Do you pull up or pull down on the rope?"
    rate = sentence_rate(short, 3)
    assert rate < words_per_minute(3)
    seconds = estimate_speech_seconds(short, rate) + 0.35
    assert 60 * len(short.split()) / seconds == pytest.approx(0.97 * 130, rel=0.01)


def test_long_words_are_spoken_at_the_pace_of_the_grade() -> None:
    long = "Photosynthesis produces carbohydrates, releasing oxygen."
    assert sentence_rate(long, 9) == words_per_minute(9)


def test_no_sentence_is_drawled() -> None:
    assert sentence_rate("A b c d e f g h i j k l m n o p.", 1) >= 0.75 * words_per_minute(1) - 0.1


def scene(*pauses: float) -> Scene:
    sentences = tuple(Sentence("One two three four.", (), pause) for pause in pauses)
    return Scene("scene-1", SceneKind.EXPLANATION, "A scene", sentences)


def spoken(seconds: float, count: int) -> tuple[SpokenSentence, ...]:
    words = tuple(
        WordTiming(word, seconds * number / 4, seconds * (number + 1) / 4)
        for number, word in enumerate(["One", "two", "three", "four."])
    )
    pcm = bytes(2 * round(seconds * RATE))
    return (SpokenSentence("One two three four.", pcm, RATE, words, "voice"),) * count


def rate_of(one: Scene, said: tuple[SpokenSentence, ...]) -> float:
    """Words a minute of the placed scene, silences of a second and more left out."""
    (placed,) = Timeline().then(one, SceneNarration("scene-1", said)).scenes
    words = [word for sentence in placed.sentences for word in sentence.words]
    length = placed.frame_count / 30
    silences = [after.start - before.end for before, after in pairwise(words)]
    silences.append(length - words[-1].end)
    return 60 * len(words) / (length - sum(one for one in silences if one >= 1.0))


def test_a_hurried_scene_breathes_until_its_grade_can_follow() -> None:
    hurried, said = scene(0.35, 0.35, 0.0), spoken(1.2, 3)
    assert rate_of(hurried, said) > 130
    assert 127 < rate_of(unhurried(hurried, said, 4), said) <= 130


def test_a_pause_to_think_in_stays_as_long_as_it_is() -> None:
    hurried, said = scene(0.35, 3.2, 0.0), spoken(1.2, 3)
    slowed = unhurried(hurried, said, 4)
    assert slowed.sentences[1].pause_after == 3.2
    assert slowed.sentences[0].pause_after > 0.35


def test_a_voice_s_own_silence_beside_a_pause_to_think_in_is_no_time_to_speak_in() -> None:
    """The report's row leaves out the whole silence, from word to word."""
    (first,) = spoken(1.2, 1)
    late = replace(
        first,
        pcm=bytes(2 * round(1.6 * RATE)),
        words=tuple(replace(one, start=one.start + 0.4, end=one.end + 0.4) for one in first.words),
    )
    said = (first, late, first)
    assert rate_of(unhurried(scene(3.2, 0.35, 0.0), said, 4), said) == pytest.approx(130, abs=2)


def test_breaths_do_not_become_pauses_to_think_in() -> None:
    """Beyond that the scene is spoken again."""
    said = spoken(0.5, 3)
    slowed = unhurried(scene(0.35, 0.35, 0.0), said, 4)
    assert [one.pause_after for one in slowed.sentences] == pytest.approx([0.95, 0.95, 0.35])
    assert rate_of(slowed, said) > 130


def test_a_scene_that_can_be_followed_is_left_as_it_is() -> None:
    calm, said = scene(0.35, 0.35, 0.0), spoken(2.5, 3)
    assert unhurried(calm, said, 4) is calm


def at_pace(share: float, count: int) -> tuple[SpokenSentence, ...]:
    """The sentences, spoken at a share of the rate below; half a second of each is silent."""
    return spoken(0.5 + 0.7 / share, count)


def test_a_scene_that_breaths_cannot_slow_is_spoken_again_at_a_pace_that_can_be_followed() -> None:
    hurried = scene(0.35, 3.2, 3.2)
    said = at_pace(1.0, 3)
    assert rate_of(unhurried(hurried, said, 4), said) > 130
    slower = slower_pace(hurried, said, 4)
    assert slower is not None
    text = said[0].text
    slowed = at_pace(slower(text) / sentence_rate(text, 4), 3)
    assert 120 < rate_of(unhurried(hurried, slowed, 4), slowed) <= 130


def test_a_scene_is_not_spoken_again_where_longer_breaths_are_enough() -> None:
    assert slower_pace(scene(0.35, 0.35, 0.0), spoken(1.2, 3), 4) is None


def test_no_scene_is_spoken_again_at_a_drawl() -> None:
    slower = slower_pace(scene(0.35, 3.2, 3.2), spoken(0.6, 3), 4)
    assert slower is not None
    assert slower("One two three four.") == pytest.approx(0.75 * words_per_minute(4), abs=0.05)


def test_a_scene_in_which_nothing_is_said_is_left_as_it_is() -> None:
    silent = Scene("scene-1", SceneKind.EXPLANATION, "A scene", ())
    assert unhurried(silent, (), 4) is silent
    assert slower_pace(silent, (), 4) is None
