from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.unit.embedded.broker_desk import (
    DEAD_LETTERING,
    DEAD_SUBSCRIPTION,
    DEAD_TOPIC,
    ORDERED,
    PLAIN,
    RETRYING,
    Desk,
)
from worker.embedded.pubsub.model import SubscriptionSettings

OpenDesk = Callable[[SubscriptionSettings], Desk]


def test_delivery_attempts_are_shown_only_with_a_dead_letter_policy(open_desk: OpenDesk) -> None:
    plain, dead_lettering = open_desk(PLAIN), open_desk(DEAD_LETTERING)
    for desk in (plain, dead_lettering):
        desk.publish("a")
        desk.extend(desk.pull_one(), 0)
    assert plain.pull_one().delivery_attempt is None
    assert dead_lettering.pull_one().delivery_attempt == 2


def test_nacks_and_missed_deadlines_both_count_as_delivery_attempts(open_desk: OpenDesk) -> None:
    desk = open_desk(DEAD_LETTERING)
    desk.publish("a")
    desk.extend(desk.pull_one(), 0)
    desk.pull_one()
    desk.wait(10)
    assert desk.pull_one().delivery_attempt == 3


def test_a_message_delivered_in_vain_too_often_is_forwarded_with_its_history(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(DEAD_LETTERING)
    desk.publish("a", colour="red")
    for _ in range(5):
        assert desk.pull_texts(subscription=DEAD_SUBSCRIPTION) == []
        desk.extend(desk.pull_one(), 0)
    assert desk.pull_texts() == []
    (dead,) = desk.pull(subscription=DEAD_SUBSCRIPTION)
    assert dead.message.data == b"a"
    assert dead.message.attributes == {
        "colour": "red",
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
        "CloudPubSubDeadLetterSourceSubscription": "worker",
        "CloudPubSubDeadLetterSourceSubscriptionProject": "p",
        "CloudPubSubDeadLetterSourceTopicPublishTime": "2026-01-01T00:00:00.000000Z",
    }


def test_the_last_missed_deadline_forwards_a_message_without_another_pull(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(DEAD_LETTERING)
    desk.publish("a")
    for _ in range(5):
        desk.pull_one()
        assert desk.broker.next_event_at() == desk.seconds + 10
        desk.wait(10)
    desk.broker.advance()
    assert desk.broker.next_event_at() is None
    assert desk.pull_texts(subscription=DEAD_SUBSCRIPTION) == ["a"]


def test_an_ack_at_the_last_attempt_is_in_time(open_desk: OpenDesk) -> None:
    desk = open_desk(DEAD_LETTERING)
    desk.publish("a")
    for _ in range(4):
        desk.extend(desk.pull_one(), 0)
    desk.ack(desk.pull_one())
    desk.wait(100)
    assert desk.pull_texts(subscription=DEAD_SUBSCRIPTION) == []


def test_without_its_dead_letter_topic_a_message_keeps_coming(open_desk: OpenDesk) -> None:
    desk = open_desk(DEAD_LETTERING)
    desk.publish("a")
    desk.broker.registry.delete_topic(DEAD_TOPIC)
    for _ in range(6):
        desk.extend(desk.pull_one(), 0)
    assert desk.pull_one().delivery_attempt == 7


def test_of_an_ordering_key_only_the_oldest_message_is_out(open_desk: OpenDesk) -> None:
    desk = open_desk(ORDERED)
    desk.publish("a1", "a2", key="a")
    desk.publish("b1", key="b")
    desk.publish("free")
    first, _, _ = desk.pull()
    assert desk.pull_texts() == []
    desk.ack(first)
    assert desk.pull_texts() == ["a2"]


def test_a_nacked_message_of_an_ordering_key_comes_before_its_successors(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(replace(ORDERED, retry_policy=RETRYING.retry_policy))
    desk.publish("a1", "a2", key="a")
    desk.extend(desk.pull_one(), 0)
    assert desk.pull_texts() == []
    desk.wait(2)
    desk.ack(desk.pull_one())
    assert desk.pull_texts() == ["a2"]


def test_ordering_keys_mean_nothing_to_a_subscription_without_ordering(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a1", "a2", key="a")
    assert desk.pull_texts() == ["a1", "a2"]
