"""What leaves for the dead-letter topic: the message as it came, and why it was rejected."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from worker.lessons.claim import Claim
from worker.lessons.ending import MAX_ATTRIBUTES, OutgoingMessage
from worker.lessons.enqueue import senders_attributes
from worker.ports import RejectedDelivery

MAX_VALUE_BYTES = 1024
"""Pub/Sub's limit on an attribute: beyond it a dead letter would never leave."""

MESSAGE_ID = "dead_letter_message_id"
"""The attribute by which a dead letter of ours is known."""


def dead_letter_message(
    rejected: RejectedDelivery, topic: str, trace_id: str, claim: Claim | None = None
) -> OutgoingMessage:
    """Build the dead letter of one rejected delivery.

    Message id and fence make the event id: one rejection leaves as one letter, however often it
    is sent, and a request that was replayed and fails by the same message again has another.

    Of the message's attributes those stay that its sender gave; the last ones by name are left
    out where there is no room beside the reasons.
    """
    delivery, failure = rejected.delivery, rejected.failure
    reasons = {
        "dead_letter_reason": _shortened(failure.message),
        "dead_letter_error_class": failure.error_class,
        "dead_letter_stage": failure.stage.value if failure.stage else "",
        MESSAGE_ID: delivery.message_id,
        "dead_letter_trace_id": trace_id,
    }
    given = senders_attributes(delivery.attributes)
    attributes = sorted([*given[: MAX_ATTRIBUTES - len(reasons)], *reasons.items()])
    fence = claim.fence if claim else "unclaimed"
    event_id = uuid5(NAMESPACE_URL, f"dead-letter/{delivery.message_id}/{fence}")
    return OutgoingMessage(event_id, topic, delivery.data, tuple(attributes))


def _shortened(text: str) -> str:
    """Cut a text to the bytes that an attribute may have, between two characters."""
    return text.encode(errors="replace")[:MAX_VALUE_BYTES].decode(errors="ignore")
