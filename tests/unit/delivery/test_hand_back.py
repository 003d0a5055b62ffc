"""The fresh copy of a message that is given back."""

from __future__ import annotations

from uuid import uuid4

from tests.fakes.deliveries import make_delivery
from worker.delivery.hand_back import fresh_copy
from worker.lessons.claim import Claim

REQUEST = uuid4()


def test_it_is_the_message_as_it_came_but_for_what_was_added_on_the_way() -> None:
    added = {
        "googclient_x": "1",
        "CloudPubSubDeadLetterSourceDeliveryCount": "20",
        "dead_letter_message_id": "message-1",
    }
    delivery = make_delivery(b"\x00 as it came", {"environment": "dev"} | added)
    copy = fresh_copy(delivery, Claim(REQUEST, 3), "requests", 7.0)
    assert (copy.topic, copy.payload, copy.after_seconds) == ("requests", b"\x00 as it came", 7.0)
    assert copy.attributes == (("environment", "dev"),)


def test_one_claim_has_one_copy_and_the_next_claim_another() -> None:
    first, again, following = (
        fresh_copy(make_delivery(b"1"), Claim(REQUEST, fence), "requests", 0.0).event_id
        for fence in (3, 3, 4)
    )
    assert first == again
    assert first != following
