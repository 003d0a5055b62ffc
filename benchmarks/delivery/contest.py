"""What all contestants share: their task, their signals, and what each writes for a message.

A contestant is a process. It reads a `Task` as one line of JSON, prints READY when it could
begin, begins at the next line, and ends when its standard input closes.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, fields

CLAIM = """
UPDATE content_requests SET claimed_by = :worker, claim_fence = claim_fence + 1,
       claim_expires_at = now() + interval '60 seconds',
       claims_without_progress = claims_without_progress + 1,
       started_at = coalesce(started_at, now()), updated_at = now()
 WHERE id = :id AND status = 'pending' AND (claim_expires_at IS NULL OR claim_expires_at < now())
RETURNING claim_fence
"""

EVENT = """
INSERT INTO request_events (request_id, kind, fence, details) VALUES (:id, :kind, :fence, '{}')
"""

END = """
UPDATE content_requests SET status = 'completed', completed_at = now(), claimed_by = NULL,
       claim_expires_at = NULL, progress_percentage = 100, manifest_object = :manifest,
       objects = '{}', updated_at = now()
 WHERE id = :id AND claim_fence = :fence
"""

OUTBOX = """
INSERT INTO outbox (id, request_id, topic, payload, attributes)
VALUES (:event_id, :id, :topic, :payload, '{}')
"""

PUBLISHED = """
UPDATE outbox SET published_at = now(), message_id = :message_id, attempts = 1 WHERE id = :event_id
"""


@dataclass(frozen=True, slots=True)
class Task:
    """What a contestant works on.

    Attributes:
        renders: Renders that run beside the deliveries, to see what they cost the event loop.
    """

    database_url: str
    broker_host: str
    project: str
    subscription: str
    topic: str
    events_topic: str
    dead_letter_topic: str
    slots: int
    renders: int = 0

    def as_line(self) -> str:
        """Return the task as its contestant reads it."""
        return json.dumps(asdict(self)) + "\n"


def read_task() -> Task:
    """Read the task from standard input."""
    given = json.loads(sys.stdin.readline())
    return Task(**{one.name: given[one.name] for one in fields(Task)})


def wait_for_the_start() -> None:
    """Say that all stands, and wait for the word to begin."""
    print("READY", flush=True)
    sys.stdin.readline()


def wait_for_the_end() -> None:
    """Wait until standard input closes."""
    sys.stdin.read()
