"""The timeline: scenes on the frame grid, sentences at their times."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given

from tests.unit.lessons.small_lesson import lesson, lessons, place_scenes, spoken
from worker.lessons.narration import SceneNarration, SpokenSentence
from worker.lessons.sources_card import CARD_SECONDS, sources_card
from worker.lessons.timeline import (
    FRAMES_PER_SECOND,
    LEAD_IN_SECONDS,
    TAIL_SECONDS,
    Timeline,
)

Drawn = list[list[tuple[SpokenSentence, float]]]


@given(lessons())
def test_scenes_follow_one_another_on_the_frame_grid_without_gap_or_overlap(drawn: Drawn) -> None:
    timeline = place_scenes(*lesson(drawn))
    assert timeline.scenes[0].first_frame == 0
    for one, following in pairwise(timeline.scenes):
        assert following.first_frame == one.first_frame + one.frame_count
        assert following.start == one.end
    last = timeline.scenes[-1]
    assert timeline.frame_count == last.first_frame + last.frame_count
    assert timeline.seconds == last.end


@given(lessons())
def test_a_scene_lasts_as_long_as_what_is_said_in_it_and_less_than_a_frame_more(
    drawn: Drawn,
) -> None:
    timeline = place_scenes(*lesson(drawn))
    for scene, sentences in zip(timeline.scenes, drawn, strict=True):
        said = sum(sentence.seconds + pause for sentence, pause in sentences)
        spare = scene.end - scene.start - (LEAD_IN_SECONDS + said + TAIL_SECONDS)
        assert -1e-6 <= spare < 1 / FRAMES_PER_SECOND + 1e-6


@given(lessons())
def test_sentences_follow_one_another_with_their_pauses_between(drawn: Drawn) -> None:
    timeline = place_scenes(*lesson(drawn))
    for scene, sentences in zip(timeline.scenes, drawn, strict=True):
        clock = LEAD_IN_SECONDS
        for placed, (said, pause) in zip(scene.sentences, sentences, strict=True):
            assert placed.start == pytest.approx(clock)
            assert placed.end == pytest.approx(clock + said.seconds)
            assert placed.text == said.text
            clock += said.seconds + pause


@given(lessons())
def test_words_keep_their_order_and_their_place_within_their_sentence(drawn: Drawn) -> None:
    for scene in place_scenes(*lesson(drawn)).scenes:
        for placed in scene.sentences:
            times = [time for word in placed.words for time in (word.start, word.end)]
            assert times == sorted(times)
            assert placed.start <= times[0]
            assert times[-1] <= placed.end + 1e-6


@pytest.mark.parametrize(("said", "frames"), [(0.9, 60), (0.6, 51), (2.7, 114)])
def test_a_scene_that_ends_on_a_frame_takes_no_frame_more(said: float, frames: int) -> None:
    # 30 times the sum of 0.5, 0.6 and 0.6 is a hair above 51 in floating point.
    timeline = place_scenes(*lesson([[(spoken(("Go.", said)), 0.0)]]))
    assert timeline.frame_count == frames
    assert timeline.seconds == frames / 30


def test_a_scene_without_words_is_held_and_is_no_time_of_teaching() -> None:
    taught = place_scenes(*lesson([[(spoken(("Go.", 0.9)), 0.0)]]))
    card = sources_card((), ())
    whole = taught.then(card, SceneNarration(card.scene_id, ()))
    assert whole.scenes[-1].frame_count == CARD_SECONDS * FRAMES_PER_SECOND
    assert whole.taught_seconds == taught.seconds
    assert whole.seconds == taught.seconds + CARD_SECONDS


def test_a_scene_that_says_more_than_it_is_held_for_is_not_cut() -> None:
    story, narrations = lesson([[(spoken(("Go.", 9.0)), 0.0)]])
    held = replace(story, scenes=(replace(story.scenes[0], hold_seconds=2.0),))
    assert place_scenes(held, narrations).frame_count == place_scenes(story, narrations).frame_count


def test_a_scene_s_own_times_do_not_depend_on_where_it_stands() -> None:
    """Or else no segment could be taken over into another lesson."""
    said = [(spoken(("One", 0.4), ("two.", 0.31)), 0.3), (spoken(("Three.", 0.7)), 0.0)]
    before = [(spoken(("Before.", 1.234)), 0.1)]
    (alone,) = place_scenes(*lesson([said])).scenes
    _, later = place_scenes(*lesson([before, said])).scenes
    assert later.first_frame > 0
    assert (later.frame_count, later.sentences) == (alone.frame_count, alone.sentences)


def test_a_lesson_without_scenes_has_no_length() -> None:
    assert Timeline(()).seconds == 0


def test_narrations_of_other_scenes_are_refused() -> None:
    story, (narration,) = lesson([[(spoken(("Go.", 0.5)), 0.3)]])
    with pytest.raises(ValueError, match="not that of the storyboard"):
        place_scenes(story, (replace(narration, scene_id="another"),))


def test_narrations_in_another_order_are_refused() -> None:
    said = [(spoken(("Go.", 0.5)), 0.3)]
    story, (first, second) = lesson([said, said])
    with pytest.raises(ValueError, match="not that of the storyboard"):
        place_scenes(story, (second, first))


def test_a_narration_that_lacks_a_sentence_is_refused() -> None:
    story, (narration,) = lesson([[(spoken(("Go.", 0.5)), 0.3), (spoken(("On.", 0.5)), 0.3)]])
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        place_scenes(story, (replace(narration, sentences=narration.sentences[:1]),))
