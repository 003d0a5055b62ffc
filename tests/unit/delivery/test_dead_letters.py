from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.deliveries import make_delivery
from worker.delivery.dead_letters import MAX_VALUE_BYTES, dead_letter_message
from worker.lessons.claim import Claim
from worker.lessons.ending import MAX_ATTRIBUTES, Failure
from worker.lessons.stage import Stage
from worker.ports import Delivery, RejectedDelivery

FAILURE = Failure(Stage.NARRATE, "NarrationError", "no word to speak", "mend the topic")
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def rejected(delivery: Delivery, failure: Failure = FAILURE) -> RejectedDelivery:
    return RejectedDelivery(delivery, failure, None, None)


def attributes_of(delivery: Delivery, failure: Failure = FAILURE) -> dict[str, str]:
    return dict(dead_letter_message(rejected(delivery, failure), "dead", TRACE_ID).attributes)


def test_a_dead_letter_is_the_message_as_it_came_and_why_it_was_rejected() -> None:
    delivery = make_delivery(b"\x00 not JSON", {"environment": "prod"})
    letter = dead_letter_message(rejected(delivery), "dead", TRACE_ID)
    assert (letter.topic, letter.payload) == ("dead", b"\x00 not JSON")
    assert dict(letter.attributes) == {
        "environment": "prod",
        "dead_letter_reason": "no word to speak",
        "dead_letter_error_class": "NarrationError",
        "dead_letter_stage": "narrate",
        "dead_letter_message_id": delivery.message_id,
        "dead_letter_trace_id": TRACE_ID,
    }


def test_a_delivery_that_reached_no_stage_names_none() -> None:
    failure = Failure(None, "MalformedMessageError", "data: not JSON", "")
    assert attributes_of(make_delivery(b"{"), failure)["dead_letter_stage"] == ""


def test_one_message_has_one_event_id_and_another_message_another() -> None:
    one, other = make_delivery(b"1"), make_delivery(b"1")
    first, again, second = (
        dead_letter_message(rejected(delivery), "dead", TRACE_ID) for delivery in (one, one, other)
    )
    assert first == again
    assert first.event_id != second.event_id


def test_a_message_that_fails_its_request_under_another_claim_has_another_event_id() -> None:
    delivery, request_id = make_delivery(b"1"), uuid4()
    claims = [None, Claim(request_id, 1), Claim(request_id, 2), Claim(request_id, 2)]
    without, first, second, again = (
        dead_letter_message(rejected(delivery), "dead", TRACE_ID, claim).event_id
        for claim in claims
    )
    assert len({without, first, second}) == 3
    assert second == again


def test_the_reasons_of_an_earlier_dead_letter_are_replaced() -> None:
    assert (
        attributes_of(make_delivery(b"", {"dead_letter_reason": "an old one"}))[
            "dead_letter_reason"
        ]
        == "no word to speak"
    )


@pytest.mark.parametrize(
    "added",
    [
        "googclient_schemaencoding",
        "CloudPubSubDeadLetterSourceSubscription",
        "dead_letter_of_an_older_version",
    ],
)
def test_attributes_that_no_sender_gave_are_left_out(added: str) -> None:
    attributes = attributes_of(make_delivery(b"", {added: "x", "tenant": "school"}))
    assert added not in attributes
    assert attributes["tenant"] == "school"


def test_the_reasons_have_room_beside_as_many_attributes_as_a_message_may_have() -> None:
    delivery = make_delivery(b"", {f"name-{number:03}": "x" for number in range(MAX_ATTRIBUTES)})
    attributes = attributes_of(delivery)
    assert len(attributes) == MAX_ATTRIBUTES
    assert attributes["dead_letter_reason"] == "no word to speak"
    assert "name-094" in attributes
    assert "name-095" not in attributes


@pytest.mark.parametrize("character", ["x", "é", "力", "🙂"])
def test_a_long_reason_is_cut_to_the_bytes_of_an_attribute(character: str) -> None:
    failure = Failure(None, "MalformedMessageError", character * 2000, "")
    reason = attributes_of(make_delivery(b""), failure)["dead_letter_reason"]
    assert set(reason) == {character}
    assert MAX_VALUE_BYTES - 4 < len(reason.encode()) <= MAX_VALUE_BYTES


@given(st.text(max_size=200))
def test_a_short_reason_is_kept_whole(message: str) -> None:
    failure = Failure(None, "MalformedMessageError", message, "")
    assert attributes_of(make_delivery(b""), failure)["dead_letter_reason"] == message
