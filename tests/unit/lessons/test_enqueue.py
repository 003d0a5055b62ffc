"""Messages that enqueue a request again."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from worker.lessons.ending import EventAddress
from worker.lessons.enqueue import repeated_message, request_message
from worker.lessons.request import (
    MAX_DURATION_SECONDS,
    MIN_DURATION_SECONDS,
    LessonRequest,
    Modality,
    parse_message,
)

ADDRESS = EventAddress("requests", "staging")
EVENT = UUID(int=1)

ids = st.text(st.characters(min_codepoint=33, exclude_categories=["C", "Z"]), min_size=1)
words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=3)


@given(
    st.builds(
        LessonRequest,
        request_id=st.uuids(),
        correlation_id=ids.map(lambda text: text[:64]),
        student_id=ids.map(lambda text: text[:100]),
        organization_id=st.none() | ids.map(lambda text: text[:100]),
        query=words.map(lambda text: text[:500]),
        grade_level=st.integers(1, 12),
        interest=st.none() | words.map(lambda text: text[:200]),
        language=st.sampled_from(["en", "de", "pt-BR"]),
        duration_seconds=st.integers(MIN_DURATION_SECONDS, MAX_DURATION_SECONDS),
        modalities=st.permutations(list(Modality)).map(tuple),
    )
)
def test_a_message_made_from_a_row_is_one_that_the_worker_takes(request: LessonRequest) -> None:
    made = request_message(request, ADDRESS, EVENT)
    parsed = parse_message(made.payload, dict(made.attributes), "staging")
    assert (made.topic, made.event_id) == ("requests", EVENT)
    assert (parsed.request_id, parsed.correlation_id) == (
        request.request_id,
        request.correlation_id,
    )
    assert (parsed.student_id, parsed.student_query) == (request.student_id, request.query)
    assert (parsed.grade_level, parsed.interest) == (request.grade_level, request.interest)
    assert parsed.requested_modalities == request.modalities
    assert parsed.organization_id == request.organization_id
    assert parsed.duration_minutes is not None
    assert round(parsed.duration_minutes * 60) == request.duration_seconds
    assert parsed.language == request.language


def test_a_message_that_is_said_again_leaves_out_what_was_added_on_the_way() -> None:
    attributes = {
        "trace": "t",
        "googclient_schemaencoding": "JSON",
        "CloudPubSubDeadLetterSourceDeliveryCount": "20",
        "dead_letter_message_id": "message-1",
        "environment": "dev",
    }
    made = repeated_message(b"\xff", attributes, "requests", EVENT)
    assert (made.payload, made.topic, made.event_id) == (b"\xff", "requests", EVENT)
    assert made.attributes == (("environment", "dev"), ("trace", "t"))
