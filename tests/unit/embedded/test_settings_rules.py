from __future__ import annotations

import pytest

from worker.embedded.pubsub import message_wire, resource_wire
from worker.embedded.pubsub.errors import InvalidArgumentError, UnimplementedError

NAME = "projects/p/subscriptions/worker"
TOPIC = "projects/p/topics/requests"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"ackDeadlineSeconds": 9}, "ackDeadlineSeconds must be from 10 to 600"),
        ({"ackDeadlineSeconds": 601}, "ackDeadlineSeconds must be from 10 to 600"),
        ({"ackDeadlineSeconds": "soon"}, "ackDeadlineSeconds: a whole number"),
        ({"ackDeadlineSeconds": True}, "ackDeadlineSeconds: a whole number"),
        ({"deadLetterPolicy": {"deadLetterTopic": TOPIC, "maxDeliveryAttempts": 4}}, "5 to 100"),
        ({"deadLetterPolicy": {"deadLetterTopic": TOPIC, "maxDeliveryAttempts": 101}}, "5 to 100"),
        ({"deadLetterPolicy": {"maxDeliveryAttempts": 5}}, "names no deadLetterTopic"),
        ({"retryPolicy": {"minimumBackoff": "601s"}}, "minimumBackoff must be from 0 to 600"),
        ({"retryPolicy": {"minimumBackoff": "10"}}, "a duration"),
        (
            {"retryPolicy": {"minimumBackoff": "20s", "maximumBackoff": "10s"}},
            "greater than maximumBackoff",
        ),
        ({"messageRetentionDuration": "599s"}, "messageRetentionDuration must be from 600"),
        ({"enableMessageOrdering": "yes"}, "true or false"),
        ({"labels": {"a": 1}}, "an object of texts"),
        ({"colour": "red"}, "Unknown name in subscription: colour"),
        ({"topic": ""}, "names no topic"),
    ],
)
def test_a_subscription_that_breaks_a_rule_is_refused_with_the_reason(
    body: dict[str, object], reason: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=reason):
        resource_wire.read_subscription(NAME, {"topic": TOPIC, **body})


@pytest.mark.parametrize(
    "body",
    [
        {"pushConfig": {"pushEndpoint": "https://example.com"}},
        {"enableExactlyOnceDelivery": True},
        {"bigqueryConfig": {"table": "t"}},
    ],
)
def test_what_this_server_does_not_serve_is_refused_by_name(body: dict[str, object]) -> None:
    (field,) = body
    with pytest.raises(UnimplementedError, match=field):
        resource_wire.read_subscription(NAME, {"topic": TOPIC, **body})


def test_both_spellings_of_field_names_are_taken() -> None:
    body = {
        "topic": TOPIC,
        "ack_deadline_seconds": 20,
        "retry_policy": {"minimum_backoff": "1.5s"},
    }
    settings = resource_wire.read_subscription(NAME, body)
    assert settings.ack_deadline_seconds == 20
    assert settings.retry_policy is not None
    assert settings.retry_policy.minimum_seconds == 1.5


def test_a_subscription_is_written_as_it_is_read() -> None:
    body: dict[str, object] = {
        "topic": TOPIC,
        "ackDeadlineSeconds": 30,
        "retryPolicy": {"minimumBackoff": "0.5s", "maximumBackoff": "60s"},
        "deadLetterPolicy": {"deadLetterTopic": TOPIC, "maxDeliveryAttempts": 7},
        "enableMessageOrdering": True,
        "retainAckedMessages": True,
        "messageRetentionDuration": "600s",
        "expirationPolicy": {"ttl": "86400s"},
        "filter": "attributes:a",
        "labels": {"team": "lessons"},
    }
    settings = resource_wire.read_subscription(NAME, body)
    written = resource_wire.write_subscription(settings)
    assert body.items() <= written.items()
    assert resource_wire.read_subscription(NAME, dict(written)) == settings


def test_a_patch_changes_what_its_mask_names_and_nothing_else() -> None:
    current = resource_wire.read_subscription(NAME, {"topic": TOPIC, "ackDeadlineSeconds": 30})
    body = {
        "subscription": {"ackDeadlineSeconds": 60, "labels": {"a": "b"}},
        "updateMask": "ack_deadline_seconds",
    }
    changed = resource_wire.read_patch(current, body)
    assert (changed.ack_deadline_seconds, changed.labels) == (60, {})


@pytest.mark.parametrize(
    ("mask", "reason"),
    [("", "update_mask is empty"), ("filter", "cannot change"), ("topic", "cannot change")],
)
def test_a_patch_of_what_is_for_life_is_refused(mask: str, reason: str) -> None:
    current = resource_wire.read_subscription(NAME, {"topic": TOPIC})
    with pytest.raises(InvalidArgumentError, match=reason):
        resource_wire.read_patch(current, {"subscription": {}, "updateMask": mask})


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({}, "data or at least one attribute"),
        ({"data": "not base64!"}, "base64"),
        ({"data": "QQ==", "attributes": {"": "x"}}, "key"),
        ({"data": "QQ==", "attributes": {"googclient": "x"}}, "key"),
        ({"data": "QQ==", "attributes": {"a": "x" * 1025}}, "longer than 1024"),
        ({"data": "QQ==", "attributes": {str(n): "" for n in range(101)}}, "100 attributes"),
        ({"data": "QQ==", "orderingKey": "k" * 1025}, "longer than 1024"),
        ({"data": "A" * 13_333_340}, "10000000 bytes"),
        ({"data": "QQ==", "priority": 1}, "Unknown name in message: priority"),
    ],
)
def test_a_message_that_breaks_a_limit_is_refused_with_the_reason(
    message: dict[str, object], reason: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=reason):
        message_wire.read_drafts({"messages": [message]})


def test_a_message_of_exactly_ten_megabytes_is_taken() -> None:
    (draft,) = message_wire.read_drafts({"messages": [{"data": "A" * 13_333_332 + "AA=="}]})
    assert len(draft.data) == 10_000_000


@pytest.mark.parametrize("count", [0, 1001])
def test_a_publish_holds_1_to_1000_messages(count: int) -> None:
    with pytest.raises(InvalidArgumentError, match="1 to 1000"):
        message_wire.read_drafts({"messages": [{"data": "QQ=="}] * count})


def test_data_is_taken_in_both_alphabets_of_base64() -> None:
    drafts = message_wire.read_drafts({"messages": [{"data": "+/8="}, {"data": "-_8"}]})
    assert [draft.data for draft in drafts] == [b"\xfb\xff"] * 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "maxMessages"),
        ({"maxMessages": 0}, "maxMessages"),
        ([], "not an object"),
        ({"maxMessages": 1, "wait": True}, "Unknown name"),
    ],
)
def test_a_pull_that_breaks_a_rule_is_refused(body: object, reason: str) -> None:
    with pytest.raises(InvalidArgumentError, match=reason):
        message_wire.read_pull(body)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"time": "2026-01-01T00:00:00Z", "snapshot": "projects/p/snapshots/s"},
        {"time": "yesterday"},
        {"time": "2026-01-01T00:00:00"},
    ],
)
def test_a_seek_names_one_time_or_one_snapshot(body: dict[str, object]) -> None:
    with pytest.raises(InvalidArgumentError):
        message_wire.read_seek(body)
