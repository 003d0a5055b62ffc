from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from worker.lessons.claim import Claim
from worker.lessons.ending import (
    MAX_ATTRIBUTES,
    Ending,
    EventAddress,
    Failure,
    OutgoingMessage,
    PublishedLesson,
    end_event,
)
from worker.lessons.errors import NarrationError
from worker.lessons.stage import ENDED, Stage, Status

REQUEST = UUID("0b9f1c52-7f0a-4ad5-9a3b-0d6c3c6f7a11")
ADDRESS = EventAddress("events", "prod")
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
LESSON = PublishedLesson("lessons/1/manifest.json", (("lesson.mp4", "lessons/1/lesson.mp4"),), 61.5)


def event(ending: Ending, fence: int = 3, at: datetime = NOW) -> OutgoingMessage:
    return end_event(ADDRESS, Claim(REQUEST, fence), "correlation-1", ending, at)


def test_one_ending_has_one_event_id_however_often_and_whenever_it_is_told() -> None:
    first = event(Ending(Status.COMPLETED, lesson=LESSON))
    later = event(Ending(Status.COMPLETED, lesson=LESSON), at=NOW + timedelta(hours=1))
    assert first.event_id == later.event_id == UUID("79a11763-3206-5998-9e9f-d8a58319000e")


def test_a_replayed_request_that_ends_anew_has_another_event_id() -> None:
    ending = Ending(Status.COMPLETED, lesson=LESSON)
    assert event(ending, fence=3).event_id != event(ending, fence=4).event_id


def test_a_completed_lesson_is_told_by_its_manifest() -> None:
    message = event(Ending(Status.COMPLETED, lesson=LESSON))
    assert message.topic == "events"
    assert json.loads(message.payload) == {
        "event_id": str(message.event_id),
        "request_id": str(REQUEST),
        "correlation_id": "correlation-1",
        "status": "completed",
        "occurred_at": "2026-03-01T12:30:00+00:00",
        "manifest_object": "lessons/1/manifest.json",
        "questions": [],
        "help_text": None,
        "error": None,
    }


def test_a_failure_is_told_by_its_class_its_stage_and_what_to_do() -> None:
    failure = Failure.of(NarrationError("no word to speak", "mend the topic"), Stage.NARRATE)
    body = json.loads(event(Ending(Status.FAILED, failure=failure)).payload)
    assert body["status"] == "failed"
    assert body["manifest_object"] is None
    assert body["error"] == {
        "stage": "narrate",
        "error_class": "NarrationError",
        "message": "no word to speak",
        "hint": "mend the topic",
    }


def test_a_failure_outside_any_stage_names_none() -> None:
    failure = Failure.of(NarrationError("no word to speak"), None)
    assert (
        json.loads(event(Ending(Status.FAILED, failure=failure)).payload)["error"]["stage"] is None
    )


def test_the_questions_of_an_answer_are_told_in_order() -> None:
    ending = Ending(Status.CLARIFICATION_NEEDED, questions=("Which law?", "Which force?"))
    assert json.loads(event(ending).payload)["questions"] == ["Which law?", "Which force?"]


def test_the_text_that_helps_is_told_with_the_answer() -> None:
    ending = Ending(Status.UNSAFE, help_text="Talk to an adult you trust.")
    assert json.loads(event(ending).payload)["help_text"] == "Talk to an adult you trust."


@pytest.mark.parametrize("status", sorted(ENDED))
def test_every_ending_can_be_filtered_by_its_attributes(status: Status) -> None:
    message = event(Ending(status))
    assert dict(message.attributes) == {
        "event_type": f"content_request.{status.value}",
        "event_id": str(message.event_id),
        "environment": "prod",
        "schema_version": "1",
    }


def test_a_message_carries_one_trace_whatever_it_named_before() -> None:
    message = OutgoingMessage(REQUEST, "events", b"", (("a", "1"), ("traceparent", "old")))
    carried = message.carrying([("traceparent", "new"), ("tracestate", "x=1")])
    assert dict(carried.attributes) == {"a": "1", "traceparent": "new", "tracestate": "x=1"}
    assert (carried.event_id, carried.topic) == (message.event_id, "events")


def test_a_message_without_room_for_its_trace_leaves_without_it() -> None:
    full = tuple((f"name-{number}", "x") for number in range(MAX_ATTRIBUTES))
    message = OutgoingMessage(REQUEST, "events", b"", full)
    assert message.carrying([("traceparent", "new")]) == message
