"""Captions: cut from random lessons, and written as WebVTT."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lessons.small_lesson import lesson, lessons, place_scenes, spoken
from worker.lessons.captions import (
    MAX_CUE_SECONDS,
    MAX_LINE_CHARACTERS,
    MAX_LINES,
    MIN_CUE_SECONDS,
    MIN_GAP_SECONDS,
    CaptionCue,
    caption_cues,
    escape,
    timestamp,
    write_vtt,
)
from worker.lessons.narration import SpokenSentence, WordTiming
from worker.lessons.timeline import FRAMES_PER_SECOND, LEAD_IN_SECONDS, Timeline

ROUNDING = 1e-6

Drawn = list[list[tuple[SpokenSentence, float]]]


def placed(drawn: Drawn) -> Timeline:
    return place_scenes(*lesson(drawn))


def one_sentence(*words: tuple[str, float]) -> tuple[CaptionCue, ...]:
    return caption_cues(placed([[(spoken(*words), 0.35)]]))


def spoken_words(timeline: Timeline) -> list[WordTiming]:
    return [
        WordTiming(word.text, scene.start + word.start, scene.start + word.end)
        for scene in timeline.scenes
        for sentence in scene.sentences
        for word in sentence.words
    ]


@given(lessons())
def test_the_cues_say_every_spoken_word_once_and_in_order(drawn: Drawn) -> None:
    timeline = placed(drawn)
    shown = [word for cue in caption_cues(timeline) for line in cue.lines for word in line.split()]
    assert shown == [word.text for word in spoken_words(timeline)]


@given(lessons())
def test_a_cue_has_two_lines_of_42_characters_unless_one_word_is_longer(drawn: Drawn) -> None:
    for cue in caption_cues(placed(drawn)):
        assert len(cue.lines) <= MAX_LINES
        assert all(len(line) <= MAX_LINE_CHARACTERS or " " not in line for line in cue.lines)


@given(lessons())
def test_a_cue_shows_for_some_time_and_for_seven_seconds_at_most(drawn: Drawn) -> None:
    for cue in caption_cues(placed(drawn)):
        assert 0 < cue.end - cue.start <= MAX_CUE_SECONDS + ROUNDING


@given(lessons())
def test_no_two_cues_show_at_once_and_none_outlasts_the_lesson(drawn: Drawn) -> None:
    timeline = placed(drawn)
    cues = caption_cues(timeline)
    assert all(one.end < following.start for one, following in pairwise(cues))
    assert cues[-1].end <= timeline.seconds


@given(lessons())
def test_a_cue_starts_within_three_frames_of_its_first_word(drawn: Drawn) -> None:
    timeline = placed(drawn)
    words = iter(spoken_words(timeline))
    for cue in caption_cues(timeline):
        first, *_ = [next(words) for line in cue.lines for _ in line.split()]
        assert abs(cue.start - first.start) <= 3 / FRAMES_PER_SECOND


@given(lessons())
def test_a_cue_stays_until_its_last_word_where_the_next_one_leaves_room(drawn: Drawn) -> None:
    timeline = placed(drawn)
    words = iter(spoken_words(timeline))
    cues = caption_cues(timeline)
    for cue, following in zip(cues, [*cues[1:], None], strict=True):
        *_, last = [next(words) for line in cue.lines for _ in line.split()]
        next_start = following.start if following else timeline.seconds
        if next_start - last.end >= MIN_GAP_SECONDS and last.end - cue.start <= MAX_CUE_SECONDS:
            assert cue.end >= last.end - ROUNDING


def test_a_sentence_that_fits_is_one_cue_of_two_even_lines() -> None:
    text = "When one object pushes a second object, the second pushes back"
    (cue,) = one_sentence(*((word, 0.3) for word in text.split()))
    assert cue.lines == ("When one object pushes a second", "object, the second pushes back")
    assert cue.start == LEAD_IN_SECONDS


def test_a_long_sentence_is_cut_where_its_clause_ends() -> None:
    text = (
        "The ground pushes the player up with the same strength, "
        "and the player leaves the floor because that push is a real force"
    )
    cues = one_sentence(*((word, 0.3) for word in text.split()))
    assert [" ".join(cue.lines).endswith(",") for cue in cues] == [True, False]


def test_short_words_around_slow_ones_are_cut_so_that_no_cue_lasts_too_long() -> None:
    cues = one_sentence(("a", 6.0), ("a", 6.0), ("incomprehensibilities", 0.5))
    assert [cue.lines for cue in cues] == [("a",), ("a incomprehensibilities",)]


def test_a_short_word_shows_for_the_shortest_readable_time() -> None:
    (cue,) = one_sentence(("Look.", 0.2))
    assert cue.end - cue.start == pytest.approx(MIN_CUE_SECONDS)


def test_words_spoken_fast_show_long_enough_to_be_read_where_there_is_room() -> None:
    (cue,) = caption_cues(placed([[(spoken(*[("quickly", 0.1)] * 4), 3.0)]]))
    assert cue.end - cue.start == pytest.approx(len("quickly quickly quickly quickly") / 13)


def test_words_spoken_fast_make_room_for_the_next_cue() -> None:
    said = spoken(*[("quickly", 0.1)] * 4)
    first, second = caption_cues(placed([[(said, 0.2), (said, 2.0)]]))
    assert first.end == pytest.approx(second.start - MIN_GAP_SECONDS)
    assert second.end - second.start > first.end - first.start


def test_two_cues_are_two_frames_apart() -> None:
    first, second = caption_cues(
        placed([[(spoken(("One.", 0.4)), 0.1), (spoken(("Two.", 0.4)), 0.1)]])
    )
    assert second.start - first.end == pytest.approx(MIN_GAP_SECONDS)


def test_a_sentence_without_words_gives_no_cue() -> None:
    wordless = replace(spoken(("Hm.", 0.4)), text="", words=())
    assert caption_cues(placed([[(wordless, 1.0)]])) == ()


def test_a_file_of_captions_numbers_its_cues_and_escapes_markup() -> None:
    cues = (
        CaptionCue(0.5, 2.25, ("if a < b & b > c", "then <i> --> a"), ()),
        CaptionCue(61.0, 62.0, ("Done.",), ()),
    )
    assert write_vtt(cues) == (
        "WEBVTT\n\n"
        "1\n00:00:00.500 --> 00:00:02.250 line:-2 position:50% size:90% align:center\n"
        "if a &lt; b &amp; b &gt; c\nthen &lt;i&gt; --&gt; a\n\n"
        "2\n00:01:01.000 --> 00:01:02.000 line:-1 position:50% size:90% align:center\nDone.\n"
    )


@given(st.text())
def test_an_escaped_line_holds_no_markup_and_nothing_is_lost(line: str) -> None:
    escaped = escape(line)
    assert not set("<>") & set(escaped)
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == line, (
        "unescaping in the opposite order gives the line back"
    )


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "00:00:00.000"),
        (0.0004, "00:00:00.000"),
        (59.9994, "00:00:59.999"),
        (59.9996, "00:01:00.000"),
        (3599.9999, "01:00:00.000"),
        (3725.5, "01:02:05.500"),
        (360_000.0, "100:00:00.000"),
    ],
)
def test_a_time_carries_into_seconds_minutes_and_hours(seconds: float, written: str) -> None:
    assert timestamp(seconds) == written
