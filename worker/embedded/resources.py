"""What a stack holds when it has started: topics, subscriptions, buckets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmbeddedSubscription:
    """A subscription to create when it is absent; one that exists is left as it is.

    Attributes:
        name: Its short name.
        topic: The short name of a topic of the same resources.
        ack_deadline_seconds: From 10 to 600.
        dead_letter_topic: The short name of a topic of the same resources, or None.
        max_delivery_attempts: From 5 to 100; only with a dead-letter topic.
        minimum_backoff_seconds: From 0 to 600: the rest after the first failed delivery.
        maximum_backoff_seconds: From 0 to 600: the longest rest.
        ordered: Whether ordering keys keep their messages in order.
    """

    name: str
    topic: str
    ack_deadline_seconds: int = 10
    dead_letter_topic: str | None = None
    max_delivery_attempts: int = 5
    minimum_backoff_seconds: float = 10.0
    maximum_backoff_seconds: float = 600.0
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class EmbeddedResources:
    """What a stack creates at its start where it is absent.

    Attributes:
        project: The project of topics and subscriptions.
        topics: Short names.
        buckets: Names of 3-63 lower-case letters, digits and dashes.
    """

    project: str = "embedded"
    topics: tuple[str, ...] = ()
    subscriptions: tuple[EmbeddedSubscription, ...] = ()
    buckets: tuple[str, ...] = ()
