"""What a sweep does to rows: lost messages enqueued again, the outbox emptied, old rows removed."""

from __future__ import annotations

from dataclasses import dataclass

from worker.delivery.outbox_relay import OutboxRelay
from worker.delivery.sweep import Tally
from worker.lessons.upkeep import KeptRows, LostMessageRule
from worker.ports import Outbox
from worker.upkeep_ports import RequestUpkeep

REQUESTS_AT_ONCE = 100
"""Requests locked by one transaction: a worker waits for none of them longer than that takes."""

ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class RowSweep:
    """Works in batches, each a short transaction of its own, until nothing is left to do.

    Attributes:
        dry_run: Change nothing, only count.
    """

    upkeep: RequestUpkeep
    dry_run: bool

    async def republish(self, rule: LostMessageRule, tally: Tally) -> None:
        """Enqueue the requests whose message is lost; each at most once in one pass."""
        if self.dry_run:
            tally["republished"] += await self.upkeep.count_lost(rule)
            return
        while count := await self.upkeep.republish(rule, REQUESTS_AT_ONCE):
            tally["republished"] += count

    async def relay(self, relay: OutboxRelay, outbox: Outbox, tally: Tally) -> None:
        """Publish what waits in the outbox, and say what still does."""
        if not self.dry_run:
            relayed = await relay.drain()
            tally["published"] += relayed.published
            tally["postponed"] += relayed.leased - relayed.published
        tally["waiting"] += (await outbox.backlog()).waiting

    async def expire(self, kind: KeptRows, days: float, tally: Tally) -> None:
        """Remove the rows of a kind that are older than so many days."""
        if self.dry_run:
            tally["removed"] += await self.upkeep.count_expired(kind, days)
            return
        limit = REQUESTS_AT_ONCE if kind is KeptRows.REQUESTS else ROWS_AT_ONCE
        while count := await self.upkeep.expire(kind, days, limit):
            tally["removed"] += count
