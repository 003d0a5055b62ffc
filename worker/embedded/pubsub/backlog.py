"""What one subscription has not seen acknowledged: waiting, leased, resting; pure, given the time.

Ordering: of the messages with one ordering key only the oldest can be leased; the next follows
when it is acknowledged. (The real service may put several of a key into one answer.)
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from worker.embedded.pubsub.ack_ids import AckId
from worker.embedded.pubsub.filters import parse_filter
from worker.embedded.pubsub.model import Lease, Message, SubscriptionSettings

# One answer to a pull holds at most so much data (the real service's limit), but a message.
_PULL_BYTES = 10_000_000


@dataclass(slots=True)
class Entry:
    """A message that is not acknowledged.

    Attributes:
        attempts: Deliveries so far, the current one included.
        available_at: When it may be leased; seconds of the monotonic clock.
        ack_id: The current lease, or None.
        deadline: When the lease ends.
    """

    message: Message
    attempts: int = 0
    available_at: float = 0.0
    ack_id: AckId | None = None
    deadline: float = 0.0


class Backlog:
    """The unacknowledged messages of one subscription.

    Every `now` is seconds of one monotonic clock. Entries whose deliveries are used up are
    returned by `modify` and `expire`, still in the backlog and resting: the caller moves them to
    the dead-letter topic and removes them, or leaves them to be delivered again.
    """

    def __init__(self, settings: SubscriptionSettings, run: str) -> None:
        self.settings = settings
        self.matches = parse_filter(settings.filter_text)
        self._run = run
        self._leases_given = 0
        self._entries: dict[int, Entry] = {}
        # Both heaps keep what has meanwhile changed; it is recognised when it comes up.
        self._waiting: list[tuple[float, int]] = []
        self._deadlines: list[tuple[float, int]] = []
        self._queues: dict[str, deque[int]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def attempts(self, sequence: int) -> int:
        """Return how often one of its messages was delivered."""
        return self._entries[sequence].attempts

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over a copy, oldest first: the caller may remove what it is given."""
        return iter(list(self._entries.values()))

    @property
    def oldest(self) -> Entry | None:
        """The first published of its messages."""
        return next(iter(self._entries.values()), None)

    def add(self, message: Message, now: float, attempts: int = 0) -> None:
        """Take a message in; messages must come in the order of their publication."""
        entry = Entry(message, attempts, available_at=now)
        self._entries[message.sequence] = entry
        if self._is_ordered(message):
            queue = self._queues.setdefault(message.ordering_key, deque())
            queue.append(message.sequence)
            if queue[0] != message.sequence:
                return
        self._offer(entry)

    def pull(self, limit: int, now: float) -> list[Lease]:
        """Lease at most `limit` messages until now plus the subscription's ack deadline."""
        leases: list[Lease] = []
        room = _PULL_BYTES
        while len(leases) < limit and self._waiting and self._waiting[0][0] <= now:
            entry = self._waiting_entry(*self._waiting[0])
            if entry is not None and leases and len(entry.message.data) > room:
                break
            heapq.heappop(self._waiting)
            if entry is not None:
                room -= len(entry.message.data)
                leases.append(self._lease(entry, now))
        return leases

    def acknowledge(self, ack_id: AckId) -> Entry | None:
        """Remove the message of a live lease and return it; any other lease changes nothing."""
        entry = self._leased_entry(ack_id)
        return self.remove(entry.message.sequence) if entry is not None else None

    def modify(self, ack_id: AckId, seconds: int, now: float) -> Entry | None:
        """Move the deadline of a live lease; 0 is a nack. Return the entry if it is used up."""
        entry = self._leased_entry(ack_id)
        if entry is None:
            return None
        if seconds == 0:
            return self._end_lease(entry, now)
        entry.deadline = now + seconds
        heapq.heappush(self._deadlines, (entry.deadline, entry.message.sequence))
        return None

    def take_back(self, ack_id: AckId, now: float) -> Entry | None:
        """Undo a lease that never reached a client: it does not count as a delivery."""
        entry = self._leased_entry(ack_id)
        if entry is not None:
            entry.attempts -= 1
            entry.ack_id = None
            entry.available_at = now
            self._offer(entry)
        return entry

    def expire(self, now: float) -> list[Entry]:
        """End the leases whose deadline has come; return the entries that are used up."""
        used_up = []
        while self._deadlines and self._deadlines[0][0] <= now:
            deadline, sequence = heapq.heappop(self._deadlines)
            entry = self._entries.get(sequence)
            if entry is None or entry.ack_id is None or entry.deadline != deadline:
                continue
            if self._end_lease(entry, now) is not None:
                used_up.append(entry)
        return used_up

    def remove(self, sequence: int) -> Entry | None:
        """Remove a message; the next of its ordering key may be leased then."""
        entry = self._entries.pop(sequence, None)
        if entry is None or not self._is_ordered(entry.message):
            return entry
        queue = self._queues[entry.message.ordering_key]
        was_first = queue[0] == sequence
        queue.remove(sequence)
        if not queue:
            del self._queues[entry.message.ordering_key]
        elif was_first:
            self._offer(self._entries[queue[0]])
        return entry

    def replace_all(self, messages: Iterable[Message], now: float) -> None:
        """Forget every lease and message, and begin anew with these."""
        self._entries.clear()
        self._waiting.clear()
        self._deadlines.clear()
        self._queues.clear()
        for message in sorted(messages, key=lambda message: message.sequence):
            self.add(message, now)

    def change_settings(self, settings: SubscriptionSettings) -> None:
        """Take changed settings; filter and ordering are for life."""
        self.settings = replace(
            settings, filter_text=self.settings.filter_text, ordered=self.settings.ordered
        )

    def next_event_at(self, now: float) -> float | None:
        """Return when the next lease ends or rest is over, at the earliest; None is never."""
        times = [self._deadlines[0][0]] if self._deadlines else []
        if self._waiting and self._waiting[0][0] > now:
            times.append(self._waiting[0][0])
        return min(times, default=None)

    def _is_ordered(self, message: Message) -> bool:
        return self.settings.ordered and bool(message.ordering_key)

    def _offer(self, entry: Entry) -> None:
        heapq.heappush(self._waiting, (entry.available_at, entry.message.sequence))

    def _waiting_entry(self, available_at: float, sequence: int) -> Entry | None:
        entry = self._entries.get(sequence)
        if entry is None or entry.ack_id is not None or entry.available_at != available_at:
            return None
        return entry

    def _leased_entry(self, ack_id: AckId) -> Entry | None:
        entry = self._entries.get(ack_id.sequence)
        return entry if entry is not None and entry.ack_id == ack_id else None

    def _lease(self, entry: Entry, now: float) -> Lease:
        self._leases_given += 1
        entry.attempts += 1
        entry.ack_id = AckId(self._run, entry.message.sequence, self._leases_given)
        entry.deadline = now + self.settings.ack_deadline_seconds
        heapq.heappush(self._deadlines, (entry.deadline, entry.message.sequence))
        counted = self.settings.dead_letter_policy is not None
        return Lease(entry.ack_id.encode(), entry.message, entry.attempts if counted else None)

    def _end_lease(self, entry: Entry, now: float) -> Entry | None:
        """Let the entry rest after a nack or a missed deadline; return it if it is used up."""
        retry, dead_letter = self.settings.retry_policy, self.settings.dead_letter_policy
        entry.ack_id = None
        entry.available_at = now + (retry.backoff_seconds(entry.attempts) if retry else 0.0)
        self._offer(entry)
        used_up = dead_letter and entry.attempts >= dead_letter.max_delivery_attempts
        return entry if used_up else None
