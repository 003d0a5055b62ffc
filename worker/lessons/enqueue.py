"""The messages that enqueue a request again: made from its row, or from what once arrived."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from worker.lessons.ending import EventAddress, OutgoingMessage
from worker.lessons.request import SCHEMA_VERSION, LessonRequest

ADDED_ON_THE_WAY = ("goog", "CloudPubSubDeadLetterSource", "dead_letter_")
"""Prefixes of attributes that no sender gave.

Pub/Sub adds the first two, and refuses the first from a publisher; the third are the reasons on
our own dead letters. On a message that is sent again the last two would lie.
"""


def senders_attributes(attributes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what the sender of a message gave, by name."""
    return tuple(
        (name, value)
        for name, value in sorted(attributes.items())
        if not name.startswith(ADDED_ON_THE_WAY)
    )


def request_message(
    request: LessonRequest, address: EventAddress, event_id: UUID
) -> OutgoingMessage:
    """Build the message that names a row, as the platform would have sent it.

    It is built without being checked: a row that no message can name is refused by the worker
    that pulls it, with the reasons, and ends as failed.
    """
    body = {
        "request_id": str(request.request_id),
        "correlation_id": request.correlation_id,
        "student_id": request.student_id,
        "student_query": request.query,
        "grade_level": request.grade_level,
        "interest": request.interest,
        "duration_minutes": request.duration_seconds / 60,
        "requested_modalities": [modality.value for modality in request.modalities],
        "organization_id": request.organization_id,
        "language": request.language,
        "environment": address.environment,
    }
    attributes = (("environment", address.environment), ("schema_version", SCHEMA_VERSION))
    return OutgoingMessage(event_id, address.topic, json.dumps(body).encode(), attributes)


def repeated_message(
    payload: bytes, attributes: Mapping[str, str], topic: str, event_id: UUID
) -> OutgoingMessage:
    """Build a message that says again what once arrived, without what was added on the way."""
    return OutgoingMessage(event_id, topic, payload, senders_attributes(attributes))
