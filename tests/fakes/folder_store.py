"""An object store in a folder: a folder a bucket, a file an object."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote
from uuid import uuid4

from worker.upkeep_ports import StoredObject


@dataclass(slots=True)
class FolderStore:
    """Implements `worker.ports.ObjectStore`; it passes tests/contracts/test_object_store.py.

    Attributes:
        uploaded: Names in the order in which their uploads ended.
    """

    root: Path
    uploaded: list[str] = field(default_factory=list)
    content_types: dict[tuple[str, str], str] = field(default_factory=dict)

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Copy the file into the bucket's folder."""
        _copy_whole(source, self._place(bucket, name))
        self.content_types[bucket, name] = content_type
        self.uploaded.append(name)

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Copy the file out of the bucket's folder."""
        place = self._place(bucket, name)
        if not place.exists():
            raise FileNotFoundError(f"no object {name} in bucket {bucket}")
        _copy_whole(place, target)

    async def delete(self, bucket: str, name: str) -> None:
        """Remove the file, if it is there."""
        self._place(bucket, name).unlink(missing_ok=True)

    async def list_objects(self, bucket: str, prefix: str) -> AsyncIterator[StoredObject]:
        """Read names and times off the files."""
        for place in (self.root / bucket).glob("*"):
            name = unquote(place.name)
            if name.startswith(prefix):
                yield StoredObject(name, datetime.fromtimestamp(place.stat().st_mtime, UTC))

    def _place(self, bucket: str, name: str) -> Path:
        return self.root / bucket / quote(name, safe="")


def _copy_whole(source: Path, target: Path) -> None:
    if not source.is_file():
        raise FileNotFoundError(f"no file {source.name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{uuid4().hex}.partial")
    shutil.copyfile(source, partial)
    partial.replace(target)
