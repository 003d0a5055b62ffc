"""Which objects a sweep deletes: orphans of lessons, and what is older than its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.delivery.sweep import Tally
from worker.lessons.upkeep import LESSONS, LessonObject
from worker.upkeep_ports import ObjectShelf, RequestUpkeep

BATCH = 500
"""Objects that are judged by one look at the database."""

DELETES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ObjectSweep:
    """Deletes objects, or only counts them.

    Attributes:
        orphan_seconds: Age from which an object of an older fence is an orphan.
        dry_run: Delete nothing.
    """

    objects: ObjectShelf
    upkeep: RequestUpkeep
    orphan_seconds: float
    now: Callable[[], datetime]
    dry_run: bool

    async def delete_orphans(self, bucket: str, tally: Tally) -> None:
        """Delete what lies under `lessons/` and belongs to no lesson."""
        batch: list[LessonObject] = []
        async for one in self.objects.list_objects(bucket, LESSONS):
            known = LessonObject.of(one.name, one.updated_at)
            if known is None:
                tally["not ours, left"] += 1
                continue
            batch.append(known)
            if len(batch) == BATCH:
                await self._judge(bucket, batch, tally)
                batch = []
        await self._judge(bucket, batch, tally)

    async def delete_older(self, bucket: str, prefix: str, days: float, tally: Tally) -> None:
        """Delete what lies under a prefix and was last written before so many days."""
        before, batch = self.now() - timedelta(days=days), []
        async for one in self.objects.list_objects(bucket, prefix):
            if one.updated_at < before:
                batch.append(one.name)
            if len(batch) == BATCH:
                await self._delete(bucket, batch, tally)
                batch = []
        await self._delete(bucket, batch, tally)

    async def _judge(self, bucket: str, batch: Sequence[LessonObject], tally: Tally) -> None:
        """Ask how the requests stand after their objects were listed, never before.

        A fence only rises: what was an orphan then stays one.
        """
        if not batch:
            return
        standings = await self.upkeep.standings(sorted({one.request_id for one in batch}))
        written_before = self.now() - timedelta(seconds=self.orphan_seconds)
        orphans = [
            one.name
            for one in batch
            if one.is_orphan(standings.get(one.request_id), written_before)
        ]
        await self._delete(bucket, orphans, tally)

    async def _delete(self, bucket: str, names: Sequence[str], tally: Tally) -> None:
        for start in range(0, len(names), DELETES_AT_ONCE):
            some = names[start : start + DELETES_AT_ONCE]
            if not self.dry_run:
                await asyncio.gather(*(self.objects.delete(bucket, name) for name in some))
            tally["deleted"] += len(some)
