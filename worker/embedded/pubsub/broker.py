"""Messages from publish to acknowledgement, with time passed in.

Every public method first lets time pass, and leaves the journal committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from worker.embedded.pubsub.ack_ids import decode_ack_id
from worker.embedded.pubsub.backlog import Entry
from worker.embedded.pubsub.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
)
from worker.embedded.pubsub.journal import Holding, Journal
from worker.embedded.pubsub.json_fields import format_time
from worker.embedded.pubsub.model import (
    MODIFY_SECONDS,
    SNAPSHOT_LIFE,
    Clock,
    Lease,
    Message,
    MessageDraft,
    SnapshotSettings,
)
from worker.embedded.pubsub.registry import Registry, Snapshot, Subscription

# What the real service adds to a message that it forwards.
_SOURCE = "CloudPubSubDeadLetterSource"


class Broker:
    """The messages of one Pub/Sub server. Not for use by several threads.

    Every method raises NotFoundError for a name that does not exist and InvalidArgumentError for
    a call that breaks a rule of the service.
    """

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self.registry = Registry(clock, journal)
        # Above every sequence of an earlier life: microseconds since 1970, or the stored maximum.
        started_at = int(clock.wall().timestamp() * 1_000_000)
        self._sequence = max(started_at, journal.last_sequence())

    def publish(self, topic: str, drafts: Iterable[MessageDraft]) -> Sequence[str]:
        """Give messages to every subscription of the topic; return their ids."""
        self.registry.topic(topic)
        self._pass_time()
        ids = [self._publish(topic, draft).message_id for draft in drafts]
        self._journal.commit()
        return ids

    def pull(self, name: str, limit: int) -> Sequence[Lease]:
        """Lease at most `limit` messages."""
        subscription = self.registry.subscription(name)
        self._pass_time()
        leases = subscription.backlog.pull(limit, self._clock.monotonic())
        for lease in leases:
            self._store_attempts(subscription, lease.message.sequence)
        self._journal.commit()
        return leases

    def take_back(self, name: str, leases: Iterable[Lease]) -> None:
        """Undo leases that never reached their client; of a deleted subscription too."""
        try:
            subscription = self.registry.subscription(name)
        except NotFoundError:
            return
        for lease in leases:
            ack_id = decode_ack_id(lease.ack_id)
            if subscription.backlog.take_back(ack_id, self._clock.monotonic()):
                self._store_attempts(subscription, ack_id.sequence)
        self._journal.commit()

    def acknowledge(self, name: str, ack_ids: Iterable[str]) -> None:
        """End deliveries for good; an ack id whose lease has ended changes nothing."""
        subscription = self.registry.subscription(name)
        decoded = [decode_ack_id(text) for text in ack_ids]
        self._pass_time()
        for ack_id in decoded:
            entry = subscription.backlog.acknowledge(ack_id)
            if entry is not None:
                self._keep_or_drop(subscription, entry.message)
        self._journal.commit()

    def modify_ack_deadline(self, name: str, ack_ids: Iterable[str], seconds: int) -> None:
        """Move deadlines to `seconds` from now; 0 is a nack."""
        subscription = self.registry.subscription(name)
        low, high = MODIFY_SECONDS
        if not low <= seconds <= high:
            raise InvalidArgumentError(
                f"ackDeadlineSeconds must be from {low} to {high}, not {seconds}."
            )
        decoded = [decode_ack_id(text) for text in ack_ids]
        self._pass_time()
        for ack_id in decoded:
            used_up = subscription.backlog.modify(ack_id, seconds, self._clock.monotonic())
            if used_up is not None:
                self._dead_letter(subscription, used_up)
        self._journal.commit()

    def create_snapshot(
        self, name: str, subscription_name: str, labels: Mapping[str, str]
    ) -> SnapshotSettings:
        """Remember what a subscription has not acknowledged, and all that comes after."""
        subscription = self.registry.subscription(subscription_name)
        self._pass_time()
        oldest = subscription.backlog.oldest
        now = self._clock.wall()
        # The real service's rule: seven days less the age of the oldest message.
        age = now - oldest.message.published_at if oldest else timedelta()
        topic = subscription.settings.topic
        settings = SnapshotSettings(name, topic, now + SNAPSHOT_LIFE - age, labels)
        messages = {entry.message.sequence: entry.message for entry in subscription.backlog}
        self.registry.create_snapshot(Snapshot(settings, messages))
        return settings

    def seek_to_time(self, name: str, moment: datetime) -> None:
        """Acknowledge all that was published before, and bring back what was retained since."""
        subscription = self.registry.subscription(name)
        self._pass_time()
        known = subscription.retained | {
            entry.message.sequence: entry.message for entry in subscription.backlog
        }
        before = [found for found in known.values() if found.published_at < moment]
        after = [found for found in known.values() if found.published_at >= moment]
        self._replace_messages(subscription, after, before)

    def seek_to_snapshot(self, name: str, snapshot_name: str) -> None:
        """Make a subscription hold what the snapshot remembers."""
        subscription = self.registry.subscription(name)
        snapshot = self.registry.snapshot(snapshot_name)
        if snapshot.settings.topic != subscription.settings.topic:
            raise FailedPreconditionError("The snapshot is of another topic.")
        self._pass_time()
        matches = subscription.backlog.matches
        held = [found for found in snapshot.messages.values() if matches(found.attributes)]
        acked = [
            found
            for sequence, found in subscription.retained.items()
            if sequence not in snapshot.messages
        ]
        self._replace_messages(subscription, held, acked)

    def advance(self) -> None:
        """Let leases end, forward dead letters, drop what is too old."""
        self._pass_time()
        self._journal.commit()

    def next_event_at(self) -> float | None:
        """Return when a lease or a rest ends, in seconds of the monotonic clock; None is never."""
        now = self._clock.monotonic()
        times = [found.backlog.next_event_at(now) for found in self.registry.all_subscriptions()]
        return min((time for time in times if time is not None), default=None)

    def _publish(self, topic: str, draft: MessageDraft) -> Message:
        self._sequence += 1
        message = Message(
            self._sequence, draft.data, draft.attributes, self._clock.wall(), draft.ordering_key
        )
        holders = []
        for subscription in self.registry.all_subscriptions():
            backlog = subscription.backlog
            if subscription.settings.topic == topic and backlog.matches(message.attributes):
                backlog.add(message, self._clock.monotonic())
                holders.append(subscription.settings.name)
        for snapshot in self.registry.all_snapshots():
            if snapshot.settings.topic == topic:
                snapshot.messages[message.sequence] = message
                holders.append(snapshot.settings.name)
        self._journal.add(message, holders)
        return message

    def _pass_time(self) -> None:
        now = self._clock.monotonic()
        for subscription in self.registry.all_subscriptions():
            for entry in subscription.backlog.expire(now):
                self._dead_letter(subscription, entry)
            self._drop_old(subscription)
        for snapshot in self.registry.all_snapshots():
            if snapshot.settings.expires_at <= self._clock.wall():
                self.registry.delete_snapshot(snapshot.settings.name)

    def _drop_old(self, subscription: Subscription) -> None:
        life = timedelta(seconds=subscription.settings.retention_seconds)
        limit = self._clock.wall() - life
        backlog = subscription.backlog
        while (oldest := backlog.oldest) and oldest.message.published_at < limit:
            backlog.remove(oldest.message.sequence)
            self._journal.drop(subscription.settings.name, oldest.message.sequence)
        retained = subscription.retained.values()
        for message in [found for found in retained if found.published_at < limit]:
            del subscription.retained[message.sequence]
            self._journal.drop(subscription.settings.name, message.sequence)

    def _dead_letter(self, subscription: Subscription, entry: Entry) -> None:
        """Forward a message; without its topic it stays, as at the real service."""
        policy = subscription.settings.dead_letter_policy
        if policy is None or not self.registry.has_topic(policy.topic):
            return
        _, project, _, short_name = subscription.settings.name.split("/")
        message = entry.message
        added = {
            f"{_SOURCE}DeliveryCount": str(entry.attempts),
            f"{_SOURCE}Subscription": short_name,
            f"{_SOURCE}SubscriptionProject": project,
            f"{_SOURCE}TopicPublishTime": format_time(message.published_at),
        }
        draft = MessageDraft(message.data, {**message.attributes, **added}, message.ordering_key)
        self._publish(policy.topic, draft)
        subscription.backlog.remove(message.sequence)
        self._keep_or_drop(subscription, message)

    def _keep_or_drop(self, subscription: Subscription, message: Message) -> None:
        name = subscription.settings.name
        if subscription.settings.retain_acked:
            subscription.retained[message.sequence] = message
            self._journal.set_acked(name, message.sequence)
        else:
            self._journal.drop(name, message.sequence)

    def _store_attempts(self, subscription: Subscription, sequence: int) -> None:
        attempts = subscription.backlog.attempts(sequence)
        self._journal.set_attempts(subscription.settings.name, sequence, attempts)

    def _replace_messages(
        self, subscription: Subscription, held: Sequence[Message], acked: Sequence[Message]
    ) -> None:
        settings = subscription.settings
        subscription.backlog.replace_all(held, self._clock.monotonic())
        kept = acked if settings.retain_acked else []
        subscription.retained = {message.sequence: message for message in kept}
        holdings = [Holding(message) for message in held]
        holdings += [Holding(message, acked=True) for message in kept]
        self._journal.replace_holdings(settings.name, holdings)
        self._journal.commit()
