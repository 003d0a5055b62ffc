"""Narration and segments that were made before, kept in the bucket by what made them.

A key is the digest of everything that decides the thing, so an entry never grows stale: it is
right, or it is not looked for any more. `sweep` removes what is old.
"""

from __future__ import annotations

import asyncio
from asyncio import Semaphore
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import structlog

from worker.lessons.errors import WorkerError
from worker.pipeline.cache_entry import EntryName, UnusableEntryError, read_entry, write_entry
from worker.ports import ObjectStore

CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class LessonCache:
    """Entries in a bucket. Several writers of one key are harmless: they write the same.

    Attributes:
        transfers: One permit for each upload or download at once.
    """

    objects: ObjectStore
    bucket: str
    transfers: Semaphore

    async def fetch(self, name: EntryName, target: Path) -> float | None:
        """Write what an entry holds to a file; None where there is no entry that can be used.

        An entry that is corrupt, truncated or another's is deleted, and counts as absent.

        Returns:
            How many seconds it took to make.

        Raises:
            DependencyUnavailableError: The store does not answer. It is the store that the
                lesson is published to: what was made before is not made again meanwhile.
        """
        entry = target.with_name(f".{target.name}.{uuid4().hex[:8]}.entry")
        try:
            async with self.transfers:
                await self.objects.download(self.bucket, name.object_name, entry)
            return await asyncio.to_thread(read_entry, name, entry, target)
        except FileNotFoundError:
            return None
        except UnusableEntryError as error:
            await self.discard(name, str(error))
            return None
        finally:
            entry.unlink(missing_ok=True)

    async def keep(self, name: EntryName, body: Path, made_seconds: float) -> bool:
        """Store what was made; tell whether the store took it.

        A lesson does not fail because its parts cannot be kept: they are made, after all.
        """
        entry = body.with_name(f".{body.name}.{uuid4().hex[:8]}.entry")
        try:
            await asyncio.to_thread(write_entry, name, body, made_seconds, entry)
            async with self.transfers:
                await self.objects.upload(self.bucket, name.object_name, entry, CONTENT_TYPE)
        except WorkerError as error:
            _warn("cache_entry_not_kept", name, error.message)
            return False
        else:
            return True
        finally:
            entry.unlink(missing_ok=True)

    async def discard(self, name: EntryName, reason: str) -> None:
        """Delete an entry that cannot be used; it is made anew either way."""
        _warn("cache_entry_unusable", name, reason)
        try:
            await self.objects.delete(self.bucket, name.object_name)
        except WorkerError as error:
            _warn("cache_entry_not_deleted", name, error.message)


def _warn(event: str, name: EntryName, reason: str) -> None:
    structlog.get_logger().warning(event, kind=name.kind.value, key=name.key, reason=reason)
