"""The page's pure parts: ranges, rates, signatures, estimates, forms, and what lessons are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lessons.judged_lesson import good_board
from worker.lessons.lesson_record import write_storyboard
from worker.lessons.look import Appearance, Look, Shape
from worker.lessons.picture_options import NO_CHOICE, Captions, PictureOptions
from worker.lessons.quality.evidence import Evidence
from worker.lessons.quality.gate import measure
from worker.lessons.quality.report import (
    Failure,
    Measurement,
    QualityReport,
    Verdict,
    write_report,
)
from worker.lessons.quiz import questions_of, write_quiz
from worker.lessons.stage import Status
from worker.lessons.standing import Standing, remaining_seconds
from worker.web.ask_form import FormError, empty_form, read_ask
from worker.web.byte_ranges import Part, UnsatisfiableRangeError, wanted_part
from worker.web.keys import SESSION_SECONDS, Keys
from worker.web.lesson_view import read_lesson
from worker.web.published import UnreadableLessonError
from worker.web.quality_view import measured, read_quality
from worker.web.quality_words import KINDS
from worker.web.rate_limit import MOST_ADDRESSES, RateLimit
from worker.web.web_vtt import Cue, read_cues

FORM = {"question": "Why is the sky blue?", "grade": "7", "length": "60", "modality": "video"}


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-3", Part(0, 3)),
        ("bytes=4-", Part(4, 9)),
        ("bytes=-4", Part(6, 9)),
        ("bytes=-40", Part(0, 9)),
        ("bytes=5-999", Part(5, 9)),
        (None, None),
        ("bytes=-", None),
        ("bytes=3-1", None),
        ("bytes=0-1,4-5", None),
        ("lines=0-3", None),
        ("bytes=zero", None),
    ],
)
def test_a_range_is_read_as_the_rfc_has_it(header: str | None, part: Part | None) -> None:
    assert wanted_part(header, None, '"a"', 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_without_a_byte_of_the_file_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        wanted_part(header, None, '"a"', 10)


def test_if_range_with_another_etag_asks_for_the_whole_file() -> None:
    assert wanted_part("bytes=0-3", '"old"', '"new"', 10) is None
    assert wanted_part("bytes=0-3", '"new"', '"new"', 10) == Part(0, 3)


@given(st.text(max_size=40), st.integers(1, 10**6))
def test_every_part_lies_within_the_file(header: str, size: int) -> None:
    try:
        part = wanted_part(f"bytes={header}", None, '"a"', size)
    except UnsatisfiableRangeError:
        return
    assert part is None or 0 <= part.first <= part.last < size


def test_an_address_spends_its_calls_and_gets_them_back_in_time() -> None:
    now = [0.0]
    limit = RateLimit(2, lambda: now[0])
    assert [limit.wait_for("a") for _ in range(3)] == [0, 0, 30]
    assert limit.wait_for("b") == 0
    now[0] = 30.0
    assert limit.wait_for("a") == 0
    assert limit.wait_for("a") == 30


def test_no_more_addresses_are_held_than_fit() -> None:
    limit = RateLimit(1, lambda: 0.0)
    for number in range(MOST_ADDRESSES + 50):
        limit.wait_for(str(number))
    assert len(limit._buckets) == MOST_ADDRESSES


def test_a_session_holds_for_its_time_and_only_as_it_was_signed() -> None:
    keys = Keys("a token of some length")
    cookie = keys.session(1000)
    assert keys.is_session(cookie, 1000 + SESSION_SECONDS - 1)
    assert not keys.is_session(cookie, 1000 + SESSION_SECONDS)
    until, signature = cookie.split(".")
    assert not keys.is_session(f"{int(until) + 1}.{signature}", 1000)
    assert not keys.is_session("", 1000)
    assert Keys("a token of some length").is_session(cookie, 1000)
    assert not Keys("another token entirely").is_session(cookie, 1000)


def test_a_form_token_is_good_for_its_visitor_alone() -> None:
    keys = Keys(None)
    assert keys.is_form_token("ann", keys.form_token("ann"))
    assert not keys.is_form_token("bob", keys.form_token("ann"))
    assert not keys.is_form_token("", keys.form_token(""))


def test_without_a_token_nothing_is_the_token() -> None:
    assert not Keys(None).accepts("")
    assert Keys("a token of some length").accepts("a token of some length")


def test_the_estimate_counts_down_and_waits_where_a_stage_takes_longer() -> None:
    usual = {"narrate": 4.0, "render": 10.0, "publish": 1.0}
    at = {"render": 3.0}
    standing = Standing(Status.GENERATING_VIDEO, 40, 9.0, frozenset({"narrate"}), at)
    assert remaining_seconds(standing, usual) == 8.0
    at["render"] = 60.0
    assert remaining_seconds(standing, usual) == 1.0
    assert remaining_seconds(standing, {}) is None


def test_a_form_becomes_an_ask() -> None:
    ask = read_ask({**FORM, "interest": "  ", "question": " Why  is\nthe sky blue? "})
    assert (ask.query, ask.grade_level, ask.interest) == ("Why is the sky blue?", 7, None)
    assert ask.pictures == NO_CHOICE


def test_a_form_chooses_how_its_pictures_look() -> None:
    chosen = {"shape": "9:16", "appearance": "dark", "captions": "burned_in"}
    assert read_ask({**FORM, **chosen}).pictures == PictureOptions(
        Captions.BURNED_IN, Shape.PORTRAIT, Appearance.DARK
    )


def test_an_empty_form_shows_the_look_that_lessons_have_anyway() -> None:
    form = empty_form(Look(Shape.PORTRAIT, Appearance.DARK))
    assert (form["shape"], form["appearance"], form["captions"]) == ("9:16", "dark", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("question", "  a "),
        ("question", "b" * 501),
        ("question", "nul\x00byte"),
        ("grade", "13"),
        ("interest", "c" * 201),
        ("length", "44"),
        ("modality", "smell"),
        ("shape", "4:3"),
        ("appearance", "loud"),
        ("captions", "sung"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_with_advice(name: str, value: str) -> None:
    with pytest.raises(FormError) as raised:
        read_ask({**FORM, name: value})
    assert list(raised.value.advice) == [name]
    assert value not in str(raised.value)


def test_cues_are_read_as_plain_text() -> None:
    content = "WEBVTT\n\n1\n00:00:01.500 --> 01:00:02.000 line:80%\nR&amp;D <b>is</b>\ngood\n"
    assert read_cues(content) == (Cue(1.5, 3602.0, "R&D is good"),)


STORYBOARD = json.dumps(
    {
        "title": "Forces",
        "subject": "Physics",
        "objective": "You can push.",
        "scenes": [
            {
                "kind": "question",
                "title": "Check",
                "sentences": [
                    {"text": "Who pushes back?", "source_ids": []},
                    {"text": "The wall does.", "source_ids": ["book", "unknown"]},
                ],
            }
        ],
        "sources": [{"source_id": "book", "title": "Book", "chapter": "", "licence": "CC BY"}],
    }
).encode()
CAPTIONS = b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nWho pushes\n\n"
WHOLE = CAPTIONS + b"00:00:02.000 --> 00:00:04.000\nback? The wall does.\n"


def test_sentences_get_the_times_of_the_captions_that_say_them() -> None:
    lesson = read_lesson({"storyboard.json": STORYBOARD, "captions.vtt": WHOLE})
    said = lesson.chapters[0].sentences
    assert [(one.text, one.start) for one in said] == [
        ("Who pushes back?", 1.0),
        ("The wall does.", 2.0),
    ]
    assert said[1].sources == (1,)
    assert lesson.sources == ("Book (CC BY)",)
    assert lesson.recalls[0].answer == "The wall does."


def test_captions_with_other_words_than_the_storyboard_give_no_times() -> None:
    lesson = read_lesson({"storyboard.json": STORYBOARD, "captions.vtt": CAPTIONS})
    assert {one.start for one in lesson.chapters[0].sentences} == {None}


def test_a_quiz_takes_the_place_of_what_the_lesson_asks_itself() -> None:
    one = {"ask": "Who?", "choices": ["I", "You"], "right_choice": 1, "explanation": "So."}
    quiz = json.dumps({"topic_id": "forces", "questions": [one]}).encode()
    lesson = read_lesson({"storyboard.json": STORYBOARD, "quiz.json": quiz})
    assert (lesson.choices[0].right_choice, lesson.recalls) == (1, ())


def test_a_question_without_choices_is_answered_from_memory_at_its_place_in_the_lesson() -> None:
    one: dict[str, object] = {
        "ask": "Who?",
        "choices": [],
        "right_choice": None,
        "answer": "You.",
        "asked_at": 9.5,
    }
    quiz = json.dumps({"topic_id": "forces", "questions": [one | {"explanation": "So."}]}).encode()
    lesson = read_lesson({"storyboard.json": STORYBOARD, "quiz.json": quiz})
    assert lesson.choices == ()
    (recall,) = lesson.recalls
    assert (recall.ask, recall.answer, recall.start) == ("Who?", "You. So.", 9.5)


def test_the_page_reads_the_quiz_that_the_pipeline_writes() -> None:
    board = good_board()
    files = {"storyboard.json": write_storyboard(board), "quiz.json": write_quiz(board)}
    lesson = read_lesson({name: text.encode() for name, text in files.items()})
    asked = questions_of(board)[0]
    assert (lesson.recalls[0].ask, lesson.recalls[0].start) == (asked.ask, None)


def test_every_row_of_the_lesson_rules_has_words_for_a_teacher() -> None:
    report = measure(Evidence(good_board()))
    words = {name for rows in KINDS.values() for name in rows}
    assert words == {one.row for one in report.measurements}


def test_the_page_reads_the_report_that_the_pipeline_writes() -> None:
    late = Failure("a bullet", 12.5)
    report = QualityReport(
        (
            Measurement("bullet-cues", 0.7, "0.3 s", "s", Verdict.FAILED, failures=(late,)),
            Measurement("readability", -1.5, "the band", "grades above", Verdict.PASSED),
            Measurement("of-tomorrow", None, "all", "", Verdict.NOT_MEASURED, "nobody can"),
        )
    )
    view = read_quality({"quality_report.json": write_report(report).encode()})
    assert view is not None
    assert [kind.title for kind in view.kinds] == ["Words", "Pictures", "Other checks"]
    assert [view.count(verdict.value) for verdict in Verdict] == [1, 1, 1]
    (failed,) = view.failed
    assert (failed.title, failed.measured, failed.allowed) == (
        "Bullets come on time",
        "0.7 seconds",
        "0.3 s",
    )
    assert [(place.what, place.second) for place in failed.places] == [("a bullet", 12.5)]
    assert view.kinds[0].rows[0].measured == "1.5 grades below the limit"
    assert view.kinds[-1].rows[0].reason == "nobody can"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.125, "share", "12%"),
        (0.05, "share off", "5% off"),
        (1.6, "share of the least", "160% of the least"),
        (2.25, "wpm above", "2.25 words a minute above the limit"),
        (-16.04, "LUFS", "-16.04 LUFS"),
        (3, "", "3"),
    ],
)
def test_a_value_is_said_as_one_says_it(value: float, unit: str, said: str) -> None:
    assert measured(value, unit) == said


@pytest.mark.parametrize(
    "files",
    [{}, {"storyboard.json": b"{}"}, {"storyboard.json": STORYBOARD, "quality_report.json": b"{"}],
)
def test_a_file_that_is_not_what_we_publish_is_named(files: dict[str, bytes]) -> None:
    with pytest.raises(UnreadableLessonError, match=r"\.json"):
        read_lesson(files)
