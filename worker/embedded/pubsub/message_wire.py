"""Pub/Sub's REST JSON of calls that move messages, read into the model and written from it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from worker.embedded.pubsub.errors import InvalidArgumentError
from worker.embedded.pubsub.json_fields import Fields, JsonObject, format_time
from worker.embedded.pubsub.model import Lease, MessageDraft

# The limits of the real service (its quotas page).
_MESSAGE_BYTES = 10_000_000
_MESSAGES_A_PUBLISH = 1_000
_ATTRIBUTES = 100
_KEY_BYTES = 256
_VALUE_BYTES = 1_024
_ORDERING_KEY_BYTES = 1_024
_MESSAGES_A_PULL = 1_000


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
