"""A bucket store."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class ObjectStore(Protocol):
    """A bucket store. Every method may raise DependencyUnavailableError."""

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Store a file under a name; a second call with the same name replaces it whole."""
        ...

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Write an object to a file; the file exists only when it is complete.

        Raises:
            FileNotFoundError: There is no such object.
        """
        ...

    async def delete(self, bucket: str, name: str) -> None:
        """Delete an object; one that does not exist is fine."""
        ...
