"""Keeps what the broker must not lose in one SQLite file, or in memory when there is none.

A change is in the file (the operating system's, not necessarily the disk's) when `commit`
returns: a killed server loses nothing that it answered for, a power cut may.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from worker.embedded.errors import EmbeddedServerError
from worker.embedded.pubsub import resource_wire
from worker.embedded.pubsub.model import Message, SnapshotSettings, SubscriptionSettings, Topic

_Resource = TypeVar("_Resource")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
    sequence INTEGER PRIMARY KEY, data BLOB NOT NULL, attributes TEXT NOT NULL,
    published_at TEXT NOT NULL, ordering_key TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS holding (
    holder TEXT NOT NULL, sequence INTEGER NOT NULL, attempts INTEGER NOT NULL,
    acked INTEGER NOT NULL, PRIMARY KEY (holder, sequence)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS holding_sequence ON holding (sequence);
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """A message that a subscription or a snapshot holds.

    Attributes:
        acked: True for an acknowledged message that a seek may bring back.
    """

    message: Message
    attempts: int = 0
    acked: bool = False


class Journal:
    """The durable part of the broker's state. Nothing is durable before `commit`."""

    def __init__(self, file: Path | None) -> None:
        """Open the file, or a database in memory.

        Raises:
            EmbeddedServerError: The file is no journal, or another server holds it.
        """
        self._connection = sqlite3.connect(str(file) if file else ":memory:", timeout=0)
        try:
            self._connection.executescript(
                "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;"
            )
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise EmbeddedServerError(
                f"cannot be used as the state of a Pub/Sub server: {error}",
                str(file),
                "stop the server that uses it, or delete it to begin anew",
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def commit(self) -> None:
        """Make all changes since the last call durable, together."""
        self._connection.commit()

    def topics(self) -> list[Topic]:
        """Return the topics."""
        return self._resources("topic", resource_wire.read_topic)

    def subscriptions(self) -> list[SubscriptionSettings]:
        """Return the subscriptions' settings."""
        return self._resources("subscription", resource_wire.read_subscription)

    def snapshots(self) -> list[SnapshotSettings]:
        """Return the snapshots' settings."""
        return self._resources("snapshot", resource_wire.read_snapshot)

    def holdings(self, holder: str) -> list[Holding]:
        """Return what a subscription or snapshot holds, oldest first."""
        rows = self._connection.execute(
            "SELECT sequence, data, attributes, published_at, ordering_key, attempts, acked "
            "FROM holding JOIN message USING (sequence) WHERE holder = ? ORDER BY sequence",
            (holder,),
        )
        return [
            Holding(
                Message(
                    sequence,
                    data,
                    json.loads(attributes),
                    datetime.fromisoformat(published_at),
                    ordering_key,
                ),
                attempts,
                bool(acked),
            )
            for sequence, data, attributes, published_at, ordering_key, attempts, acked in rows
        ]

    def last_sequence(self) -> int:
        """Return the highest sequence among the stored messages, or 0."""
        (found,) = self._connection.execute("SELECT max(sequence) FROM message").fetchone()
        return int(found or 0)

    def save_topic(self, topic: Topic) -> None:
        """Store a topic, new or changed."""
        self._save("topic", topic.name, resource_wire.write_topic(topic))

    def save_subscription(self, settings: SubscriptionSettings) -> None:
        """Store a subscription's settings, new or changed."""
        self._save("subscription", settings.name, resource_wire.write_subscription(settings))

    def save_snapshot(self, settings: SnapshotSettings) -> None:
        """Store a snapshot's settings."""
        self._save("snapshot", settings.name, resource_wire.write_snapshot(settings))

    def forget(self, name: str) -> None:
        """Delete a topic, subscription or snapshot with all it holds."""
        self._connection.execute("DELETE FROM resource WHERE name = ?", (name,))
        self._connection.execute("DELETE FROM holding WHERE holder = ?", (name,))
        self._drop_unheld()

    def add(self, message: Message, holders: Iterable[str]) -> None:
        """Store a message for those who hold it; without a holder it is not stored."""
        rows = [(holder, message.sequence) for holder in holders]
        if rows:
            self._insert_message(message)
            self._connection.executemany("INSERT INTO holding VALUES (?, ?, 0, 0)", rows)

    def replace_holdings(self, holder: str, holdings: Iterable[Holding]) -> None:
        """Make these all that a subscription or snapshot holds."""
        self._connection.execute("DELETE FROM holding WHERE holder = ?", (holder,))
        for holding in holdings:
            self._insert_message(holding.message)
            self._connection.execute(
                "INSERT INTO holding VALUES (?, ?, ?, ?)",
                (holder, holding.message.sequence, holding.attempts, holding.acked),
            )
        self._drop_unheld()

    def set_attempts(self, holder: str, sequence: int, attempts: int) -> None:
        """Store how often a message was delivered."""
        self._connection.execute(
            "UPDATE holding SET attempts = ? WHERE holder = ? AND sequence = ?",
            (attempts, holder, sequence),
        )

    def set_acked(self, holder: str, sequence: int) -> None:
        """Keep a message as acknowledged."""
        self._connection.execute(
            "UPDATE holding SET acked = 1 WHERE holder = ? AND sequence = ?", (holder, sequence)
        )

    def drop(self, holder: str, sequence: int) -> None:
        """End the holding of a message."""
        self._connection.execute(
            "DELETE FROM holding WHERE holder = ? AND sequence = ?", (holder, sequence)
        )
        self._connection.execute(
            "DELETE FROM message WHERE sequence = :sequence "
            "AND NOT EXISTS (SELECT 1 FROM holding WHERE sequence = :sequence)",
            {"sequence": sequence},
        )

    def _drop_unheld(self) -> None:
        self._connection.execute(
            "DELETE FROM message WHERE sequence NOT IN (SELECT sequence FROM holding)"
        )

    def _insert_message(self, message: Message) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?, ?)",
            (
                message.sequence,
                message.data,
                json.dumps(dict(message.attributes)),
                message.published_at.isoformat(),
                message.ordering_key,
            ),
        )

    def _save(self, kind: str, name: str, body: Mapping[str, object]) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO resource VALUES (?, ?, ?)", (kind, name, json.dumps(body))
        )

    def _resources(self, kind: str, read: Callable[[str, object], _Resource]) -> list[_Resource]:
        rows = self._connection.execute(
            "SELECT name, body FROM resource WHERE kind = ? ORDER BY name", (kind,)
        )
        return [read(name, json.loads(body)) for name, body in rows]
