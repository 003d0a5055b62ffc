"""What leaves for the dead-letter topic: the message as it came, and why it was rejected."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from worker.lessons.ending import OutgoingMessage
from worker.ports import RejectedDelivery


def dead_letter_message(rejected: RejectedDelivery, topic: str) -> OutgoingMessage:
    """Build the dead letter of one rejected delivery; one message id gives one event id."""
    delivery, failure = rejected.delivery, rejected.failure
    attributes = dict(delivery.attributes) | {
        "dead_letter_reason": failure.message[:1000],
        "dead_letter_error_class": failure.error_class,
        "dead_letter_stage": failure.stage.value if failure.stage else "",
        "dead_letter_message_id": delivery.message_id,
    }
    event_id = uuid5(NAMESPACE_URL, f"dead-letter/{delivery.message_id}")
    return OutgoingMessage(event_id, topic, delivery.data, tuple(sorted(attributes.items())))
