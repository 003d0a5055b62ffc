"""How a request ends, and the event that says so to the platform."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from worker.lessons.claim import Claim
from worker.lessons.errors import WorkerError
from worker.lessons.stage import Stage, Status

EVENT_SCHEMA_VERSION = "1"

MAX_ATTRIBUTES = 100
"""Pub/Sub's limit on one message."""


@dataclass(frozen=True, slots=True)
class PublishedLesson:
    """What a completed request left in the bucket.

    Attributes:
        manifest_object: Name of the manifest; the row names it, and only then it counts.
        objects: Role ("lesson.mp4", "captions.vtt", …) to object name.
        duration_seconds: Length of the lesson; None for a lesson to read.
    """

    manifest_object: str
    objects: tuple[tuple[str, str], ...]
    duration_seconds: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request failed; no field quotes the student."""

    stage: Stage | None
    error_class: str
    message: str
    hint: str

    @classmethod
    def of(cls, error: WorkerError, stage: Stage | None) -> Failure:
        """Describe an error that a stage raised."""
        return cls(stage, type(error).__name__, error.message, error.hint)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a request ends.

    Attributes:
        questions: Questions that the student can tap: to clarify, or on offered topics.
        help_text: What the student reads instead of a lesson on what is unsafe.
    """

    status: Status
    lesson: PublishedLesson | None = None
    questions: tuple[str, ...] = ()
    help_text: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message for the outbox.

    Attributes:
        event_id: Stable: a message that leaves twice bears the same one.
        after_seconds: How long it waits in the outbox at least.
    """

    event_id: UUID
    topic: str
    payload: bytes
    attributes: tuple[tuple[str, str], ...]
    after_seconds: float = 0.0

    def carrying(self, trace: Iterable[tuple[str, str]]) -> OutgoingMessage:
        """Return the message as a part of a trace, instead of any that it names.

        It stays as it is where it has no room for more: too many attributes, and the broker
        would never take it.
        """
        attributes = dict(self.attributes) | dict(trace)
        if len(attributes) > MAX_ATTRIBUTES:
            return self
        return replace(self, attributes=tuple(attributes.items()))


@dataclass(frozen=True, slots=True)
class EventAddress:
    """Where events go, and for which environment."""

    topic: str
    environment: str


def end_event(
    address: EventAddress, claim: Claim, correlation_id: str, ending: Ending, at: datetime
) -> OutgoingMessage:
    """Build the event of one ending.

    Its id is made from the request and the fence: one ending, one id; a replayed request that
    ends anew gets another.
    """
    event_id = uuid5(claim.request_id, f"ended/{claim.fence}")
    body = {
        "event_id": str(event_id),
        "request_id": str(claim.request_id),
        "correlation_id": correlation_id,
        "status": ending.status.value,
        "occurred_at": at.isoformat(),
        "manifest_object": ending.lesson.manifest_object if ending.lesson else None,
        "questions": list(ending.questions),
        "help_text": ending.help_text,
        "error": _describe(ending.failure),
    }
    attributes = (
        ("event_type", f"content_request.{ending.status.value}"),
        ("event_id", str(event_id)),
        ("environment", address.environment),
        ("schema_version", EVENT_SCHEMA_VERSION),
    )
    return OutgoingMessage(event_id, address.topic, json.dumps(body).encode(), attributes)


def _describe(failure: Failure | None) -> dict[str, str | None] | None:
    if failure is None:
        return None
    return {
        "stage": failure.stage,
        "error_class": failure.error_class,
        "message": failure.message,
        "hint": failure.hint,
    }
