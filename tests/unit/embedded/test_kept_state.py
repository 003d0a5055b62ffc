from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.embedded.broker_desk import (
    DEAD_LETTERING,
    ORDERED,
    PLAIN,
    RETAINING,
    SNAPSHOT,
    STARTED_AT,
    SUBSCRIPTION,
    TOPIC,
    Desk,
)
from worker.embedded.errors import EmbeddedServerError
from worker.embedded.pubsub.journal import Journal
from worker.embedded.pubsub.model import SubscriptionSettings

OpenDesk = Callable[[SubscriptionSettings], Desk]


def test_a_restart_keeps_topics_and_settings(open_desk: OpenDesk) -> None:
    desk = open_desk(DEAD_LETTERING)
    desk.restart()
    assert desk.broker.registry.subscription(SUBSCRIPTION).settings == DEAD_LETTERING
    assert desk.broker.registry.topic(TOPIC).name == TOPIC


def test_a_restart_keeps_what_was_not_acknowledged_whole(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("acknowledged")
    desk.ack(desk.pull_one())
    (message_id,) = desk.publish("kept", key="k", colour="red")
    desk.restart()
    message = desk.pull_one().message
    assert (message.message_id, message.data) == (message_id, b"kept")
    assert message.attributes == {"colour": "red"}
    assert (message.ordering_key, message.published_at) == ("k", STARTED_AT)


def test_a_restart_voids_leases_and_counts_them_as_deliveries(open_desk: OpenDesk) -> None:
    desk = open_desk(DEAD_LETTERING)
    desk.publish("a")
    before = desk.pull_one()
    desk.restart()
    desk.ack(before)
    again = desk.pull_one()
    assert (again.message, again.delivery_attempt) == (before.message, 2)


def test_a_restart_keeps_the_order_of_an_ordering_key(open_desk: OpenDesk) -> None:
    desk = open_desk(ORDERED)
    desk.publish("a1", "a2", key="a")
    desk.restart()
    assert desk.pull_texts() == ["a1"]


def test_a_deleted_subscription_leaves_no_message_behind(tmp_path: Path) -> None:
    desk = Desk(PLAIN, tmp_path / "state.sqlite3")
    with closing(desk):
        desk.publish("a", "b")
        desk.broker.registry.delete_subscription(SUBSCRIPTION)
    with closing(Journal(tmp_path / "state.sqlite3")) as journal:
        assert journal.last_sequence() == 0


def test_an_acknowledged_message_leaves_the_file(tmp_path: Path) -> None:
    desk = Desk(PLAIN, tmp_path / "state.sqlite3")
    with closing(desk):
        desk.publish("a")
        desk.ack(desk.pull_one())
    with closing(Journal(tmp_path / "state.sqlite3")) as journal:
        assert journal.last_sequence() == 0


def test_a_second_server_on_the_same_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite3"
    with closing(Journal(file)), pytest.raises(EmbeddedServerError, match="locked") as failure:
        Journal(file)
    assert failure.value.where == str(file)


def test_a_file_that_is_no_journal_is_refused_and_named(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite3"
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(EmbeddedServerError, match="not a database"):
        Journal(file)


def test_a_seek_to_a_snapshot_brings_back_what_it_remembers_and_all_since(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(PLAIN)
    desk.publish("before")
    desk.ack(desk.pull_one())
    desk.publish("open")
    desk.broker.create_snapshot(SNAPSHOT, SUBSCRIPTION, {})
    desk.publish("after")
    for lease in desk.pull():
        desk.ack(lease)
    desk.restart()
    assert desk.pull_texts() == []
    desk.broker.seek_to_snapshot(SUBSCRIPTION, SNAPSHOT)
    assert desk.pull_texts() == ["open", "after"]


def test_a_snapshot_lives_seven_days_less_the_age_of_its_oldest_message(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    day = 86_400.0
    desk.wait(2 * day)
    desk.broker.create_snapshot(SNAPSHOT, SUBSCRIPTION, {})
    desk.wait(5 * day - 1)
    desk.broker.advance()
    assert len(desk.broker.registry.snapshots("projects/p")) == 1
    desk.wait(1)
    desk.broker.advance()
    assert desk.broker.registry.snapshots("projects/p") == []


def test_a_seek_to_a_later_time_acknowledges_what_came_before(open_desk: OpenDesk) -> None:
    desk = open_desk(PLAIN)
    desk.publish("a")
    lease = desk.pull_one()
    desk.wait(5)
    desk.publish("b")
    desk.broker.seek_to_time(SUBSCRIPTION, STARTED_AT.replace(second=5))
    assert desk.pull_texts() == ["b"]
    desk.ack(lease)
    desk.restart()
    assert desk.pull_texts() == ["b"]


def test_a_seek_back_brings_acknowledged_messages_again_only_where_they_are_retained(
    open_desk: OpenDesk,
) -> None:
    plain, retaining = open_desk(PLAIN), open_desk(RETAINING)
    for desk in (plain, retaining):
        desk.publish("a")
        desk.ack(desk.pull_one())
        desk.restart()
        desk.broker.seek_to_time(SUBSCRIPTION, STARTED_AT)
    assert plain.pull_texts() == []
    assert retaining.pull_texts() == ["a"]
