from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.embedded.broker_desk import (
    DEAD_LETTERING,
    PLAIN,
    RETRYING,
    SUBSCRIPTION,
    TOPIC,
    Desk,
)
from worker.embedded.pubsub.errors import InvalidArgumentError
from worker.embedded.pubsub.model import SubscriptionSettings

OpenDesk = Callable[[SubscriptionSettings], Desk]


def test_a_message_is_leased_to_one_pull_at_a_time(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    assert desk.pull_texts() == ["a"]
    assert desk.pull_texts() == []


def test_a_pull_takes_at_most_its_limit_oldest_first(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a", "b", "c")
    assert desk.pull_texts(limit=2) == ["a", "b"]
    assert desk.pull_texts(limit=2) == ["c"]


def test_one_answer_holds_ten_megabytes_or_one_message(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a" * 6_000_000, "b" * 6_000_000, "c" * 4_000_000)
    assert [text[0] for text in desk.pull_texts()] == ["a"]
    assert [text[0] for text in desk.pull_texts()] == ["b", "c"]


def test_a_message_comes_again_when_its_deadline_has_passed_and_not_before(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    desk.pull_one()
    desk.wait(9.9)
    assert desk.pull_texts() == []
    desk.wait(0.1)
    assert desk.pull_texts() == ["a"]


def test_an_acknowledged_message_never_comes_again(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    desk.ack(desk.pull_one())
    desk.wait(1000)
    assert desk.pull_texts() == []


def test_an_ack_after_the_deadline_changes_nothing_and_is_no_error(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    late = desk.pull_one()
    desk.wait(10)
    desk.ack(late)
    again = desk.pull_one()
    desk.ack(late)
    desk.extend(late, 0)
    assert desk.pull_texts() == []
    desk.ack(again)
    desk.wait(10)
    assert desk.pull_texts() == []


def test_an_extended_lease_ends_at_its_new_deadline(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    lease = desk.pull_one()
    for _ in range(5):
        desk.wait(9)
        desk.extend(lease, 10)
    desk.wait(9.9)
    assert desk.pull_texts() == []
    desk.wait(0.1)
    assert desk.pull_texts() == ["a"]


def test_a_deadline_can_be_moved_nearer(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    desk.extend(desk.pull_one(), 2)
    desk.wait(2)
    assert desk.pull_texts() == ["a"]


def test_a_nack_without_a_retry_policy_gives_the_message_back_at_once(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    desk.extend(desk.pull_one(), 0)
    assert desk.pull_texts() == ["a"]


@pytest.mark.parametrize("seconds", [-1, 601])
def test_a_deadline_is_moved_by_0_to_600_seconds(open_desk: OpenDesk, seconds: int) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    with pytest.raises(InvalidArgumentError, match="0 to 600"):
        desk.extend(desk.pull_one(), seconds)


@pytest.mark.parametrize("ack_id", ["", "garbage", "Z2FyYmFnZQ==", "é", "MS4yLjMuNA=="])
def test_an_ack_id_that_no_server_gave_is_refused(open_desk: OpenDesk, ack_id: str) -> None:
    desk = open_desk(PLAIN)
    with pytest.raises(InvalidArgumentError, match="invalid ack ID"):
        desk.broker.acknowledge(SUBSCRIPTION, [ack_id])
    with pytest.raises(InvalidArgumentError, match="invalid ack ID"):
        desk.broker.modify_ack_deadline(SUBSCRIPTION, [ack_id], 10)


def test_an_ack_id_of_another_subscription_changes_nothing(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    other = "projects/p/subscriptions/other"
    desk.broker.registry.create_subscription(replace(PLAIN, name=other))
    desk.publish("a")
    desk.ack(desk.pull(subscription=other)[0])
    lease = desk.pull_one()
    desk.broker.acknowledge(other, [lease.ack_id])
    desk.wait(10)
    assert desk.pull_texts() == ["a"]
    assert desk.pull_texts(subscription=other) == ["a"]


def test_a_call_with_one_invalid_ack_id_acknowledges_none(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    lease = desk.pull_one()
    with pytest.raises(InvalidArgumentError):
        desk.broker.acknowledge(SUBSCRIPTION, [lease.ack_id, "garbage"])
    desk.wait(10)
    assert desk.pull_texts() == ["a"]


def test_the_rest_after_nacks_doubles_from_the_minimum_to_the_maximum(open_desk: OpenDesk) -> None:
    desk = open_desk(RETRYING)
    desk.publish("a")
    for rest in (2.0, 4.0, 8.0, 10.0, 10.0):
        desk.extend(desk.pull_one(), 0)
        desk.wait(rest - 0.01)
        assert desk.pull_texts() == []
        desk.wait(0.01)
    assert desk.pull_texts() == ["a"]


def test_a_missed_deadline_is_followed_by_the_same_rest_as_a_nack(open_desk: OpenDesk) -> None:
    desk = open_desk(RETRYING)
    desk.publish("a")
    desk.pull_one()
    desk.wait(10)
    assert desk.pull_texts() == []
    desk.wait(2)
    assert desk.pull_texts() == ["a"]


def test_a_resting_message_does_not_hold_back_others(open_desk: OpenDesk) -> None:
    desk = open_desk(RETRYING)
    desk.publish("a", "b")
    first, _ = desk.pull()
    desk.extend(first, 0)
    desk.publish("c")
    assert desk.pull_texts() == ["c"]


def test_a_lease_taken_back_does_not_count_as_a_delivery(open_desk: OpenDesk) -> None:
    desk = open_desk(DEAD_LETTERING)
    desk.publish("a")
    desk.broker.take_back(SUBSCRIPTION, desk.pull())
    assert desk.pull_one().delivery_attempt == 1


def test_a_lease_taken_back_from_a_deleted_subscription_is_no_error(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    leases = desk.pull()
    desk.broker.registry.delete_subscription(SUBSCRIPTION)
    desk.broker.take_back(SUBSCRIPTION, leases)


def test_a_message_older_than_the_retention_is_gone(open_desk: OpenDesk) -> None:
    desk = open_desk(replace(PLAIN, retention_seconds=600.0))
    desk.publish("a")
    desk.wait(400)
    desk.publish("b")
    desk.wait(201)
    assert desk.pull_texts() == ["b"]


def test_a_filtered_out_message_never_reaches_the_subscription(open_desk: OpenDesk) -> None:
    desk = open_desk(replace(PLAIN, filter_text='attributes.kind = "lesson"'))
    desk.publish("a", kind="event")
    desk.publish("b", kind="lesson")
    assert desk.pull_texts() == ["b"]


def test_a_subscription_outlives_its_topic_with_what_it_holds(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    desk.broker.registry.delete_topic(TOPIC)
    assert desk.broker.registry.subscription(SUBSCRIPTION).settings.topic == "_deleted-topic_"
    assert desk.pull_texts() == ["a"]


def test_message_ids_rise_and_never_repeat(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    ids = [*desk.publish("a", "b"), *desk.publish("c")]
    desk.restart()
    ids += desk.publish("d")
    assert [int(text) for text in ids] == sorted({int(text) for text in ids})
