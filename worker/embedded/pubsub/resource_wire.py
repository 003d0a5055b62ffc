"""Pub/Sub's REST JSON of topics, subscriptions and snapshots.

A field that this server does not serve is refused by name, never ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from worker.embedded.pubsub.errors import InvalidArgumentError, UnimplementedError
from worker.embedded.pubsub.json_fields import (
    Fields,
    JsonObject,
    camel_case,
    format_seconds,
    format_time,
)
from worker.embedded.pubsub.model import (
    DEFAULT_RETENTION_SECONDS,
    DeadLetterPolicy,
    RetryPolicy,
    SnapshotSettings,
    SubscriptionSettings,
    Topic,
)

_UNSERVED_TOPIC_FIELDS = (
    "messageStoragePolicy",
    "kmsKeyName",
    "schemaSettings",
    "ingestionDataSourceSettings",
    "messageTransforms",
    "tags",
)
_UNSERVED_SUBSCRIPTION_FIELDS = (
    "pushConfig",
    "bigqueryConfig",
    "cloudStorageConfig",
    "bigtableConfig",
    "enableExactlyOnceDelivery",
    "messageTransforms",
    "tags",
)
# Sent back by clients that got them from us.
_OUTPUT_FIELDS = ("name", "state", "detached", "satisfiesPzs", "topicMessageRetentionDuration")
_CHANGEABLE = {
    "ackDeadlineSeconds": "ack_deadline_seconds",
    "retryPolicy": "retry_policy",
    "deadLetterPolicy": "dead_letter_policy",
    "retainAckedMessages": "retain_acked",
    "messageRetentionDuration": "retention_seconds",
    "expirationPolicy": "expiration_seconds",
    "labels": "labels",
}


def read_topic(name: str, body: object) -> Topic:
    """Read a topic's body."""
    fields = Fields(body, "topic")
    _refuse_unserved(fields, _UNSERVED_TOPIC_FIELDS)
    fields.skip(_OUTPUT_FIELDS)
    retention = fields.seconds("messageRetentionDuration")
    topic = Topic(name, fields.texts_by_key("labels"), retention)
    fields.refuse_rest()
    return topic


def write_topic(topic: Topic) -> JsonObject:
    """Write a topic's body."""
    body: dict[str, object] = {"name": topic.name}
    if topic.labels:
        body["labels"] = dict(topic.labels)
    if topic.retention_seconds is not None:
        body["messageRetentionDuration"] = format_seconds(topic.retention_seconds)
    return body


def read_subscription(name: str, body: object) -> SubscriptionSettings:
    """Read a subscription's body."""
    fields = Fields(body, "subscription")
    _refuse_unserved(fields, _UNSERVED_SUBSCRIPTION_FIELDS)
    fields.skip(_OUTPUT_FIELDS)
    retention = fields.seconds("messageRetentionDuration")
    settings = SubscriptionSettings(
        name=name,
        topic=fields.text("topic"),
        # 0 stands for the default, as everywhere in protocol buffers.
        ack_deadline_seconds=fields.integer("ackDeadlineSeconds") or 10,
        retry_policy=_read_retry_policy(fields),
        dead_letter_policy=_read_dead_letter_policy(fields),
        ordered=fields.flag("enableMessageOrdering"),
        filter_text=fields.text("filter"),
        retain_acked=fields.flag("retainAckedMessages"),
        retention_seconds=DEFAULT_RETENTION_SECONDS if retention is None else retention,
        expiration_seconds=_read_expiration(fields),
        labels=fields.texts_by_key("labels"),
    )
    fields.refuse_rest()
    if not settings.topic:
        raise InvalidArgumentError("The subscription names no topic.")
    return settings


def read_patch(current: SubscriptionSettings, body: object) -> SubscriptionSettings:
    """Read a change of a subscription: the fields that the update mask names are taken."""
    fields = Fields(body, "request")
    mask = [
        camel_case(path.strip()) for path in fields.text("updateMask").split(",") if path.strip()
    ]
    wanted = fields.nested("subscription") or {}
    fields.refuse_rest()
    if not mask:
        raise InvalidArgumentError("The update_mask is empty.")
    given = {camel_case(key): value for key, value in wanted.items()}
    changed = read_subscription(current.name, {**given, "topic": current.topic})
    for path in mask:
        if path not in _CHANGEABLE:
            raise InvalidArgumentError(f"The update_mask names {path!r}, which cannot change.")
    changes = {_CHANGEABLE[path]: getattr(changed, _CHANGEABLE[path]) for path in mask}
    return replace(current, **changes)


def write_subscription(settings: SubscriptionSettings) -> JsonObject:
    """Write a subscription's body."""
    body: dict[str, object] = {
        "name": settings.name,
        "topic": settings.topic,
        "pushConfig": {},
        "ackDeadlineSeconds": settings.ack_deadline_seconds,
        "messageRetentionDuration": format_seconds(settings.retention_seconds),
        "state": "ACTIVE",
    }
    if settings.retry_policy:
        body["retryPolicy"] = {
            "minimumBackoff": format_seconds(settings.retry_policy.minimum_seconds),
            "maximumBackoff": format_seconds(settings.retry_policy.maximum_seconds),
        }
    if settings.dead_letter_policy:
        body["deadLetterPolicy"] = {
            "deadLetterTopic": settings.dead_letter_policy.topic,
            "maxDeliveryAttempts": settings.dead_letter_policy.max_delivery_attempts,
        }
    if settings.expiration_seconds is not None:
        body["expirationPolicy"] = {"ttl": format_seconds(settings.expiration_seconds)}
    optional = {
        "enableMessageOrdering": settings.ordered,
        "filter": settings.filter_text,
        "retainAckedMessages": settings.retain_acked,
        "labels": dict(settings.labels),
    }
    return body | {name: value for name, value in optional.items() if value}


def write_snapshot(snapshot: SnapshotSettings) -> JsonObject:
    """Write a snapshot's body."""
    body: dict[str, object] = {
        "name": snapshot.name,
        "topic": snapshot.topic,
        "expireTime": format_time(snapshot.expires_at),
    }
    return body | ({"labels": dict(snapshot.labels)} if snapshot.labels else {})


def read_snapshot(name: str, body: object) -> SnapshotSettings:
    """Read a snapshot's body as `write_snapshot` wrote it."""
    fields = Fields(body, "snapshot")
    expires_at = fields.time("expireTime") or datetime.max.replace(tzinfo=UTC)
    return SnapshotSettings(name, fields.text("topic"), expires_at, fields.texts_by_key("labels"))


def _refuse_unserved(fields: Fields, names: Sequence[str]) -> None:
    for name in names:
        if fields.is_set(name):
            raise UnimplementedError(f"This server does not serve {name!r}.")
    fields.skip(names)


def _read_retry_policy(fields: Fields) -> RetryPolicy | None:
    body = fields.nested("retryPolicy")
    if body is None:
        return None
    policy = Fields(body, "retryPolicy")
    minimum, maximum = policy.seconds("minimumBackoff"), policy.seconds("maximumBackoff")
    policy.refuse_rest()
    default = RetryPolicy()
    return RetryPolicy(
        default.minimum_seconds if minimum is None else minimum,
        default.maximum_seconds if maximum is None else maximum,
    )


def _read_dead_letter_policy(fields: Fields) -> DeadLetterPolicy | None:
    body = fields.nested("deadLetterPolicy")
    if body is None:
        return None
    policy = Fields(body, "deadLetterPolicy")
    topic, attempts = policy.text("deadLetterTopic"), policy.integer("maxDeliveryAttempts")
    policy.refuse_rest()
    if not topic:
        raise InvalidArgumentError("The deadLetterPolicy names no deadLetterTopic.")
    # 0 stands for the default, which is 5.
    return DeadLetterPolicy(topic, attempts or 5)


def _read_expiration(fields: Fields) -> float | None:
    body = fields.nested("expirationPolicy")
    if body is None:
        return None
    policy = Fields(body, "expirationPolicy")
    seconds = policy.seconds("ttl")
    policy.refuse_rest()
    return seconds
