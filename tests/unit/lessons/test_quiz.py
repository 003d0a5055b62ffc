"""The questions that a lesson asks, with the times at which it waits."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.unit.lessons.judged_lesson import good_board, good_evidence, with_scene
from tests.unit.lessons.small_lesson import scene, storyboard
from worker.lessons.quality.evidence import Spoken
from worker.lessons.quality.pace_rows import answer_pause
from worker.lessons.quiz import questions_of, write_quiz
from worker.lessons.storyboard import Scene, SceneKind, Sentence


def asking(*texts: str) -> Scene:
    return replace(scene(2, *(Sentence(text) for text in texts)), kind=SceneKind.QUESTION)


def test_a_question_has_its_answer_its_explanation_and_the_objective() -> None:
    board = storyboard(asking("Which one is it?", "The left one.", "It is.", "Truly."))
    (question,) = questions_of(board)
    assert question.ask == "Which one is it?"
    assert question.answer == "The left one."
    assert question.explanation == "It is. Truly."
    assert question.objective == board.objective
    assert (question.asked_at, question.answered_at) == (None, None)


def test_every_question_of_a_scene_that_a_statement_follows_is_one() -> None:
    board = storyboard(asking("One?", "First.", "Why so?", "Second?", "Two.", "Because."))
    assert [(one.ask, one.answer, one.explanation) for one in questions_of(board)] == [
        ("One?", "First.", ""),
        ("Second?", "Two.", "Because."),
    ]


def test_what_leads_to_the_first_question_belongs_to_it() -> None:
    (question,) = questions_of(storyboard(asking("A truck hits a fly.", "Which wins?", "None.")))
    assert question.ask == "A truck hits a fly. Which wins?"


def test_questions_that_open_or_close_a_lesson_are_no_quiz() -> None:
    rhetorical = scene(1, Sentence("Why?"), Sentence("We will see."))
    assert questions_of(storyboard(rhetorical)) == ()


def test_the_quiz_waits_where_the_lesson_is_silent() -> None:
    """The gate finds the longest silence by the times of the words, on its own way."""
    evidence = good_evidence()
    assert evidence.timeline is not None
    (first, *_) = json.loads(write_quiz(evidence.storyboard, evidence.timeline))["questions"]
    pause = answer_pause(Spoken(evidence.storyboard, evidence.timeline))
    assert pause is not None
    begins, seconds = pause
    assert begins <= first["asked_at"] < first["answered_at"] <= begins + seconds
    assert first["answered_at"] - first["asked_at"] >= 3.0


def test_the_file_tells_a_question_without_choices_as_one_to_answer_from_memory() -> None:
    said = json.loads(write_quiz(good_board()))
    assert said["topic_id"] == "newtons-third-law"
    assert said["questions"][0]["choices"] == []
    assert said["questions"][0]["right_choice"] is None


def test_a_lesson_whose_question_is_not_answered_has_no_quiz() -> None:
    board = with_scene(
        good_board(),
        SceneKind.QUESTION,
        lambda one: replace(one, sentences=one.sentences[:1], bullets=()),
    )
    assert questions_of(board) == ()
