"""Erases one student: rows, objects and messages; what fails half way can be run again."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from worker.lessons.upkeep import LESSONS
from worker.upkeep_ports import ObjectShelf, StudentRows

REQUESTS_AT_ONCE = 50
DELETES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Erasure:
    """Cuts workers off, then deletes objects, then the rows that name them.

    In that order a failure leaves the rows, so that running it again finds what is left. What a
    cut-off worker still uploads belongs to a request that is gone: a sweep deletes it.
    """

    rows: StudentRows
    objects: ObjectShelf
    bucket: str

    async def erase(self, student_id: str, tally: Counter[str]) -> None:
        """Remove everything of a student, and add to the tally what was removed.

        Raises:
            DependencyUnavailableError: Something did not answer; what is left is found again.
        """
        while request_ids := await self.rows.cut_off(student_id, REQUESTS_AT_ONCE):
            for request_id in request_ids:
                await self._delete_objects(request_id, tally)
            tally.update(await self.rows.remove(request_ids))
        tally.update(await self.rows.remove_messages(student_id))

    async def _delete_objects(self, request_id: UUID, tally: Counter[str]) -> None:
        listed = self.objects.list_objects(self.bucket, f"{LESSONS}{request_id}/")
        names = [one.name async for one in listed]
        for start in range(0, len(names), DELETES_AT_ONCE):
            some = names[start : start + DELETES_AT_ONCE]
            await asyncio.gather(*(self.objects.delete(self.bucket, name) for name in some))
            tally["objects"] += len(some)
