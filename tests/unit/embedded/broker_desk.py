"""A broker whose clock is turned by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from worker.embedded.pubsub.broker import Broker
from worker.embedded.pubsub.journal import Journal
from worker.embedded.pubsub.model import (
    Clock,
    DeadLetterPolicy,
    Lease,
    MessageDraft,
    RetryPolicy,
    SubscriptionSettings,
    Topic,
)

TOPIC = "projects/p/topics/requests"
DEAD_TOPIC = "projects/p/topics/dead-letters"
SUBSCRIPTION = "projects/p/subscriptions/worker"
DEAD_SUBSCRIPTION = "projects/p/subscriptions/dead-letters"
SNAPSHOT = "projects/p/snapshots/before"

STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)


class Desk:
    """A broker with two topics, and one subscription on the first."""

    def __init__(self, settings: SubscriptionSettings, file: Path | None = None) -> None:
        self.seconds = 0.0
        self._file = file
        self._journal = Journal(file)
        self.broker = self._open()
        for topic in (TOPIC, DEAD_TOPIC):
            self.broker.registry.create_topic(Topic(topic, {}))
        self.broker.registry.create_subscription(settings)
        self.broker.registry.create_subscription(
            SubscriptionSettings(DEAD_SUBSCRIPTION, DEAD_TOPIC)
        )

    def _open(self) -> Broker:
        clock = Clock(
            wall=lambda: STARTED_AT + timedelta(seconds=self.seconds),
            monotonic=lambda: self.seconds,
        )
        return Broker(clock, self._journal)

    def restart(self) -> None:
        """Begin another life of the broker on the same file, without an orderly end."""
        self._journal.close()
        self._journal = Journal(self._file)
        self.broker = self._open()

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def publish(self, *texts: str, key: str = "", **attributes: str) -> Sequence[str]:
        """Publish one message a text, and return their ids."""
        drafts = [MessageDraft(text.encode(), attributes, key) for text in texts]
        return self.broker.publish(TOPIC, drafts)

    def pull(self, limit: int = 100, subscription: str = SUBSCRIPTION) -> Sequence[Lease]:
        """Pull from a subscription."""
        return self.broker.pull(subscription, limit)

    def pull_texts(self, limit: int = 100, subscription: str = SUBSCRIPTION) -> list[str]:
        """Pull from a subscription and return the messages' texts."""
        return [lease.message.data.decode() for lease in self.pull(limit, subscription)]

    def pull_one(self) -> Lease:
        """Pull the one message that there must be."""
        (lease,) = self.pull()
        return lease

    def ack(self, lease: Lease) -> None:
        """Acknowledge a delivery."""
        self.broker.acknowledge(SUBSCRIPTION, [lease.ack_id])

    def extend(self, lease: Lease, seconds: int) -> None:
        """Move a delivery's deadline; 0 is a nack."""
        self.broker.modify_ack_deadline(SUBSCRIPTION, [lease.ack_id], seconds)


PLAIN = SubscriptionSettings(SUBSCRIPTION, TOPIC, ack_deadline_seconds=10)
RETRYING = replace(PLAIN, retry_policy=RetryPolicy(2.0, 10.0))
DEAD_LETTERING = replace(PLAIN, dead_letter_policy=DeadLetterPolicy(DEAD_TOPIC, 5))
ORDERED = replace(PLAIN, ordered=True)
RETAINING = replace(PLAIN, retain_acked=True)
