"""Pub/Sub's REST JSON, read into the model and written from it.

Field names are taken in camelCase and in snake_case, as Google's servers do. A field that this
server does not serve is refused by name, never ignored.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    Lease,
    MessageDraft,
    RetryPolicy,
    SnapshotSettings,
    SubscriptionSettings,
    Topic,
)

# The limits of the real service (its quotas page).
_MESSAGE_BYTES = 10_000_000
_MESSAGES_A_PUBLISH = 1_000
_ATTRIBUTES = 100
_KEY_BYTES = 256
_VALUE_BYTES = 1_024
_ORDERING_KEY_BYTES = 1_024
_MESSAGES_A_PULL = 1_000

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


@dataclass(frozen=True, slots=True)
class PullAsk:
    """A client's pull."""

    max_messages: int
    return_immediately: bool


@dataclass(frozen=True, slots=True)
class SeekAsk:
    """A client's seek: exactly one of the two is set."""

    time: datetime | None
    snapshot: str | None


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


def read_drafts(body: object) -> Sequence[MessageDraft]:
    """Read the messages of a publish."""
    fields = Fields(body, "request")
    messages = fields.objects("messages")
    fields.refuse_rest()
    if not 1 <= len(messages) <= _MESSAGES_A_PUBLISH:
        raise InvalidArgumentError(
            f"A publish holds 1 to {_MESSAGES_A_PUBLISH} messages, not {len(messages)}."
        )
    return [_read_draft(message) for message in messages]


def read_pull(body: object) -> PullAsk:
    """Read a pull."""
    fields = Fields(body, "request")
    ask = PullAsk(fields.integer("maxMessages"), fields.flag("returnImmediately"))
    fields.refuse_rest()
    if ask.max_messages < 1:
        raise InvalidArgumentError("maxMessages must be greater than 0.")
    return replace(ask, max_messages=min(ask.max_messages, _MESSAGES_A_PULL))


def write_lease(lease: Lease) -> JsonObject:
    """Write one delivery."""
    message = lease.message
    body: dict[str, object] = {
        "messageId": message.message_id,
        "publishTime": format_time(message.published_at),
    }
    if message.data:
        body["data"] = base64.b64encode(message.data).decode("ascii")
    if message.attributes:
        body["attributes"] = dict(message.attributes)
    if message.ordering_key:
        body["orderingKey"] = message.ordering_key
    received: dict[str, object] = {"ackId": lease.ack_id, "message": body}
    if lease.delivery_attempt is not None:
        received["deliveryAttempt"] = lease.delivery_attempt
    return received


def read_ack_ids(fields: Fields) -> Sequence[str]:
    """Read the ack ids of a call."""
    ack_ids = fields.texts("ackIds")
    if not ack_ids or "" in ack_ids:
        raise InvalidArgumentError("No ack ids specified, or an empty one.")
    return ack_ids


def read_seek(body: object) -> SeekAsk:
    """Read a seek."""
    fields = Fields(body, "request")
    ask = SeekAsk(fields.time("time"), fields.text("snapshot") or None)
    fields.refuse_rest()
    if (ask.time is None) == (ask.snapshot is None):
        raise InvalidArgumentError("A seek names a time or a snapshot.")
    return ask


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


def _read_draft(body: object) -> MessageDraft:
    fields = Fields(body, "message")
    data = _read_data(fields.text("data"))
    attributes = fields.texts_by_key("attributes")
    ordering_key = fields.text("orderingKey")
    fields.skip(("messageId", "publishTime"))
    fields.refuse_rest()
    if not data and not attributes:
        raise InvalidArgumentError("A message must have data or at least one attribute.")
    _check_attributes(attributes)
    if len(ordering_key.encode()) > _ORDERING_KEY_BYTES:
        raise InvalidArgumentError(f"orderingKey is longer than {_ORDERING_KEY_BYTES} bytes.")
    size = len(data) + sum(len(f"{key}{value}".encode()) for key, value in attributes.items())
    if size > _MESSAGE_BYTES:
        raise InvalidArgumentError(f"A message holds {_MESSAGE_BYTES} bytes, not {size}.")
    return MessageDraft(data, attributes, ordering_key)


def _read_data(text: str) -> bytes:
    # Both alphabets and missing padding are right in protocol buffers' JSON.
    standard = text.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidArgumentError("Invalid value at message.data: base64 is wanted.") from error


def _check_attributes(attributes: Mapping[str, str]) -> None:
    if len(attributes) > _ATTRIBUTES:
        raise InvalidArgumentError(f"A message has at most {_ATTRIBUTES} attributes.")
    for key, value in attributes.items():
        if not 1 <= len(key.encode()) <= _KEY_BYTES or key.startswith("goog"):
            raise InvalidArgumentError(f"Not an attribute's key: {key[:80]!r}.")
        if len(value.encode()) > _VALUE_BYTES:
            raise InvalidArgumentError(f"Attribute {key!r} is longer than {_VALUE_BYTES} bytes.")
