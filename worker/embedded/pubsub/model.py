"""What the Pub/Sub server holds: messages, topics, subscriptions' settings, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.embedded.pubsub.errors import InvalidArgumentError

# The limits of the real service (its quotas page and REST reference).
ACK_DEADLINE_SECONDS = (10, 600)
MODIFY_SECONDS = (0, 600)
DELIVERY_ATTEMPTS = (5, 100)
BACKOFF_SECONDS = (0.0, 600.0)
RETENTION_SECONDS = (600.0, 31 * 86_400.0)
DEFAULT_RETENTION_SECONDS = 7 * 86_400.0
SNAPSHOT_LIFE = timedelta(days=7)

# What a subscription's topic is called once that topic is deleted.
DELETED_TOPIC = "_deleted-topic_"


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time comes from.

    Attributes:
        wall: The time of day, aware, for publish times.
        monotonic: Seconds that only rise, for deadlines.
    """

    wall: Callable[[], datetime]
    monotonic: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Message:
    """One published message.

    Attributes:
        sequence: Rises with each message of the server; the message id is its text.
    """

    sequence: int
    data: bytes = field(repr=False)
    attributes: Mapping[str, str] = field(repr=False)
    published_at: datetime
    ordering_key: str = ""

    @property
    def message_id(self) -> str:
        """The id that clients see."""
        return str(self.sequence)


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """What a publisher sends."""

    data: bytes = field(repr=False)
    attributes: Mapping[str, str] = field(repr=False)
    ordering_key: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic. Its own retention is accepted and changes nothing without a subscription."""

    name: str
    labels: Mapping[str, str]
    retention_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a message rests after a nack or an expired deadline."""

    minimum_seconds: float = 10.0
    maximum_seconds: float = 600.0

    def __post_init__(self) -> None:
        """Refuse what the real service refuses."""
        _check_range("minimumBackoff", self.minimum_seconds, BACKOFF_SECONDS)
        _check_range("maximumBackoff", self.maximum_seconds, BACKOFF_SECONDS)
        if self.minimum_seconds > self.maximum_seconds:
            raise InvalidArgumentError("minimumBackoff is greater than maximumBackoff.")

    def backoff_seconds(self, attempts: int) -> float:
        """Return the rest after so many delivery attempts: doubling from the minimum (ours).

        The real service promises "exponential" between the two and nothing more.
        """
        # 2**60 s is beyond any maximum; the bound keeps the power finite.
        doubled = self.minimum_seconds * 2.0 ** min(attempts - 1, 60)
        return min(self.maximum_seconds, doubled)


@dataclass(frozen=True, slots=True)
class DeadLetterPolicy:
    """Where a message goes that was delivered in vain too often."""

    topic: str
    max_delivery_attempts: int = 5

    def __post_init__(self) -> None:
        """Refuse what the real service refuses."""
        _check_range("maxDeliveryAttempts", self.max_delivery_attempts, DELIVERY_ATTEMPTS)


@dataclass(frozen=True, slots=True)
class SubscriptionSettings:
    """What a subscription was created with.

    Attributes:
        topic: Its topic's full name, or DELETED_TOPIC.
        filter_text: The filter expression, or empty for every message.
        retain_acked: Whether acknowledged messages can come back by a seek.
        retention_seconds: The age at which a message is dropped, acknowledged or not.
        expiration_seconds: Accepted and shown; a subscription here never expires by itself.
    """

    name: str
    topic: str
    ack_deadline_seconds: int = 10
    retry_policy: RetryPolicy | None = None
    dead_letter_policy: DeadLetterPolicy | None = None
    ordered: bool = False
    filter_text: str = ""
    retain_acked: bool = False
    retention_seconds: float = DEFAULT_RETENTION_SECONDS
    expiration_seconds: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what the real service refuses."""
        _check_range("ackDeadlineSeconds", self.ack_deadline_seconds, ACK_DEADLINE_SECONDS)
        _check_range("messageRetentionDuration", self.retention_seconds, RETENTION_SECONDS)


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """A snapshot: what was not acknowledged when it was made, and all that came after."""

    name: str
    topic: str
    expires_at: datetime
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lease:
    """One delivery of a message.

    Attributes:
        delivery_attempt: Its ordinal, from 1; None without a dead-letter policy.
    """

    ack_id: str
    message: Message
    delivery_attempt: int | None


def _check_range(name: str, value: float, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise InvalidArgumentError(f"{name} must be from {low:g} to {high:g}, not {value:g}.")
