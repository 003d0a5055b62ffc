"""The fresh copy of a message whose request is given back.

A nack would count as a delivery attempt of the broker's, which is a backstop for messages that
kill workers, and would wait for the subscription's retry policy. The copy has no attempts yet.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from worker.lessons.claim import Claim
from worker.lessons.ending import OutgoingMessage
from worker.lessons.enqueue import repeated_message
from worker.ports import Delivery


def fresh_copy(
    delivery: Delivery, claim: Claim, topic: str, after_seconds: float
) -> OutgoingMessage:
    """Return the message as it came, for the topic that it came from.

    One claim is given back once, so its fence makes the event id.
    """
    event_id = uuid5(NAMESPACE_URL, f"again/{claim.request_id}/{claim.fence}")
    copy = repeated_message(delivery.data, delivery.attributes, topic, event_id)
    return replace(copy, after_seconds=after_seconds)
