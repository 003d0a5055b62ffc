"""The topics, subscriptions and snapshots of a server, by name."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from worker.embedded.pubsub.backlog import Backlog
from worker.embedded.pubsub.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
)
from worker.embedded.pubsub.journal import Holding, Journal
from worker.embedded.pubsub.model import (
    DELETED_TOPIC,
    Clock,
    Message,
    SnapshotSettings,
    SubscriptionSettings,
    Topic,
)

_Resource = TypeVar("_Resource")

_NAME = re.compile(
    r"projects/[^/]+/(?:topics|subscriptions|snapshots)/(?!goog)[A-Za-z][\w.~+%-]{2,254}", re.ASCII
)


@dataclass(slots=True)
class Subscription:
    """A subscription's state.

    Attributes:
        retained: Acknowledged messages that a seek may bring back, by sequence; only where its
            settings ask for it.
    """

    backlog: Backlog
    retained: dict[int, Message] = field(default_factory=dict)

    @property
    def settings(self) -> SubscriptionSettings:
        """Its settings."""
        return self.backlog.settings


@dataclass(slots=True)
class Snapshot:
    """A snapshot's state: its messages by sequence."""

    settings: SnapshotSettings
    messages: dict[int, Message]


class Registry:
    """What exists, and its settings.

    Every method raises NotFoundError for a name that does not exist, AlreadyExistsError for one
    that is taken, InvalidArgumentError for one the service would not take; each leaves the
    journal committed.
    """

    def __init__(self, clock: Clock, journal: Journal) -> None:
        """Take up what the journal holds; leases of an earlier life are void."""
        self._journal = journal
        self._topics = {topic.name: topic for topic in journal.topics()}
        self._subscriptions: dict[str, Subscription] = {}
        self._snapshots: dict[str, Snapshot] = {}
        for settings in journal.subscriptions():
            self._subscriptions[settings.name] = self._load(settings, clock.monotonic())
        for snapshot in journal.snapshots():
            held = {
                found.message.sequence: found.message for found in journal.holdings(snapshot.name)
            }
            self._snapshots[snapshot.name] = Snapshot(snapshot, held)

    def create_topic(self, topic: Topic) -> None:
        """Create a topic."""
        _refuse_taken(topic.name, self._topics)
        self._topics[topic.name] = topic
        self._journal.save_topic(topic)
        self._journal.commit()

    def topic(self, name: str) -> Topic:
        """Return a topic."""
        return _find(name, self._topics)

    def has_topic(self, name: str) -> bool:
        """Whether a topic exists."""
        return name in self._topics

    def topics(self, project: str) -> Sequence[Topic]:
        """Return a project's topics by name."""
        return _in_project(project, self._topics)

    def delete_topic(self, name: str) -> None:
        """Delete a topic; its subscriptions stay with what they hold."""
        _find(name, self._topics)
        del self._topics[name]
        self._journal.forget(name)
        for subscription in self._subscriptions.values():
            if subscription.settings.topic == name:
                orphaned = replace(subscription.settings, topic=DELETED_TOPIC)
                subscription.backlog.change_settings(orphaned)
                self._journal.save_subscription(orphaned)
        self._journal.commit()

    def create_subscription(self, settings: SubscriptionSettings) -> None:
        """Create a subscription; it sees what is published from now on."""
        _refuse_taken(settings.name, self._subscriptions)
        _find(settings.topic, self._topics)
        self._check_dead_letter_topic(settings)
        self._subscriptions[settings.name] = Subscription(Backlog(settings, _new_run()))
        self._journal.save_subscription(settings)
        self._journal.commit()

    def change_subscription(
        self, name: str, change: Callable[[SubscriptionSettings], SubscriptionSettings]
    ) -> SubscriptionSettings:
        """Apply a change to a subscription's settings and return them."""
        subscription = _find(name, self._subscriptions)
        settings = change(subscription.settings)
        self._check_dead_letter_topic(settings)
        subscription.backlog.change_settings(settings)
        self._journal.save_subscription(settings)
        self._journal.commit()
        return settings

    def subscription(self, name: str) -> Subscription:
        """Return a subscription."""
        return _find(name, self._subscriptions)

    def subscriptions(self, project: str) -> Sequence[SubscriptionSettings]:
        """Return the settings of a project's subscriptions by name."""
        return [found.settings for found in _in_project(project, self._subscriptions)]

    def all_subscriptions(self) -> Sequence[Subscription]:
        """Return every project's subscriptions."""
        return list(self._subscriptions.values())

    def delete_subscription(self, name: str) -> None:
        """Delete a subscription with what it holds."""
        _find(name, self._subscriptions)
        del self._subscriptions[name]
        self._journal.forget(name)
        self._journal.commit()

    def create_snapshot(self, snapshot: Snapshot) -> None:
        """Take a snapshot in."""
        _refuse_taken(snapshot.settings.name, self._snapshots)
        self._snapshots[snapshot.settings.name] = snapshot
        self._journal.save_snapshot(snapshot.settings)
        self._journal.replace_holdings(
            snapshot.settings.name, map(Holding, snapshot.messages.values())
        )
        self._journal.commit()

    def snapshot(self, name: str) -> Snapshot:
        """Return a snapshot."""
        return _find(name, self._snapshots)

    def snapshots(self, project: str) -> Sequence[SnapshotSettings]:
        """Return a project's snapshots by name."""
        return [found.settings for found in _in_project(project, self._snapshots)]

    def all_snapshots(self) -> Sequence[Snapshot]:
        """Return every project's snapshots."""
        return list(self._snapshots.values())

    def delete_snapshot(self, name: str) -> None:
        """Delete a snapshot."""
        _find(name, self._snapshots)
        del self._snapshots[name]
        self._journal.forget(name)
        self._journal.commit()

    def _load(self, settings: SubscriptionSettings, now: float) -> Subscription:
        subscription = Subscription(Backlog(settings, _new_run()))
        for held in self._journal.holdings(settings.name):
            if held.acked:
                subscription.retained[held.message.sequence] = held.message
            else:
                subscription.backlog.add(held.message, now, held.attempts)
        return subscription

    def _check_dead_letter_topic(self, settings: SubscriptionSettings) -> None:
        policy = settings.dead_letter_policy
        if policy is not None:
            _find(policy.topic, self._topics)


def _new_run() -> str:
    """Return what tells the ack ids of one subscription's life from all others'."""
    return secrets.token_hex(4)


def _find(name: str, resources: Mapping[str, _Resource]) -> _Resource:
    found = resources.get(name)
    if found is None:
        raise NotFoundError(f"Resource not found (resource={name}).")
    return found


def _refuse_taken(name: str, resources: Mapping[str, object]) -> None:
    if _NAME.fullmatch(name) is None:
        raise InvalidArgumentError(f"Not the name of a resource: {name[:300]!r}.")
    if name in resources:
        raise AlreadyExistsError(f"Resource already exists in the project (resource={name}).")


def _in_project(project: str, resources: Mapping[str, _Resource]) -> list[_Resource]:
    return [resources[name] for name in sorted(resources) if name.startswith(f"{project}/")]
