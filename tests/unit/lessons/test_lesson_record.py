"""What is kept beside a lesson says what the lesson was made from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.lessons.judged_lesson import good_board, good_evidence
from worker.lessons.captions import caption_cues, write_vtt
from worker.lessons.errors import LessonInvalidError
from worker.lessons.lesson_record import (
    read_plans,
    read_storyboard,
    read_times,
    write_plans,
    write_storyboard,
    write_times,
)
from worker.lessons.quality.caption_file import read_captions


def test_storyboard_times_and_plans_survive_their_files() -> None:
    good = good_evidence()
    assert good.timeline is not None
    assert good.plans is not None
    board = good_board()
    assert read_storyboard(write_storyboard(board).encode()) == board
    assert read_times(write_times(good.timeline, 180).encode(), board) == (good.timeline, 180)
    assert read_plans(write_plans(good.plans).encode(), board) == good.plans


def test_captions_are_read_as_they_were_written() -> None:
    timeline = good_evidence().timeline
    assert timeline is not None
    cues = caption_cues(timeline)
    read = read_captions(write_vtt(cues))
    assert [cue.lines for cue in read] == [cue.lines for cue in cues]
    assert [cue.start for cue in read] == pytest.approx([c.start for c in cues], abs=0.001)
    assert [cue.end for cue in read] == pytest.approx([c.end for c in cues], abs=0.001)


def test_signs_of_markup_and_comments_are_read_as_vtt_means_them() -> None:
    text = "WEBVTT\n\nNOTE a comment\n\n00:00:01.000 --> 01:02:03.500 line:-1\na &lt; b &amp; c\n"
    (cue,) = read_captions(text)
    assert (cue.start, cue.end, cue.lines) == (1.0, 3723.5, ("a < b & c",))
    with pytest.raises(ValueError, match="WEBVTT"):
        read_captions("1\n00:00:01,000 --> 00:00:02,000\nSubRip\n")


def test_what_is_no_record_is_refused_by_name() -> None:
    board = good_board()
    for read, name in ((read_times, "timeline.json"), (read_plans, "render_plan.json")):
        with pytest.raises(LessonInvalidError, match=name):
            read(b'{"no": "record"}', board)
    with pytest.raises(LessonInvalidError, match=r"storyboard\.json"):
        read_storyboard(b"[]")


def test_a_record_of_another_lesson_is_refused() -> None:
    good, board = good_evidence(), good_board()
    assert good.timeline is not None
    assert good.plans is not None
    fewer = replace(board, scenes=board.scenes[:-1])
    with pytest.raises(LessonInvalidError, match="other scenes"):
        read_times(write_times(good.timeline, 60).encode(), fewer)
    with pytest.raises(LessonInvalidError, match="other scenes"):
        read_plans(write_plans(good.plans).encode(), fewer)
    first = board.scenes[0]
    other = replace(first, sentences=(first.sentences[1], *first.sentences[1:]))
    with pytest.raises(LessonInvalidError, match="other sentences"):
        read_times(
            write_times(good.timeline, 60).encode(),
            replace(board, scenes=(other, *board.scenes[1:])),
        )
