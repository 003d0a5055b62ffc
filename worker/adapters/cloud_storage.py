"""Cloud Storage through gcloud-aio-storage; files are streamed, never held whole."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from gcloud.aio.storage import Storage

from worker.adapters.google_http import AccessError, translated_http_errors

TRANSFER_SECONDS = 300
CHUNK_BYTES = 1 << 20
NOT_FOUND = 404
GOOGLE = "storage.googleapis.com"


class CloudStorage:
    """Implements `worker.ports.ObjectStore`."""

    def __init__(self, session: aiohttp.ClientSession, *, emulator_url: str | None) -> None:
        options: dict[str, Any] = {"session": session}
        if emulator_url:
            options |= {"api_root": emulator_url, "api_is_dev": True}
        self._storage = Storage(**options)
        self._where = emulator_url or GOOGLE

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Stream a file into an object; above 5 MB as a resumable upload."""
        with translated_http_errors(f"upload {name} to bucket {bucket}", self._where):
            file = await asyncio.to_thread(source.open, "rb")
            with file:
                await self._storage.upload(
                    bucket, name, file, content_type=content_type, timeout=TRANSFER_SECONDS
                )

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Stream an object into a file that appears only when it is complete."""
        partial = target.with_name(f".{target.name}.partial")
        try:
            with translated_http_errors(f"download {name} from bucket {bucket}", self._where):
                stream = await self._storage.download_stream(bucket, name, timeout=TRANSFER_SECONDS)
                async with stream:
                    await _drain(stream, partial)
        except AccessError as error:
            if error.status == NOT_FOUND:
                raise FileNotFoundError(f"no object {name} in bucket {bucket}") from error
            raise
        else:
            await asyncio.to_thread(os.replace, partial, target)
        finally:
            partial.unlink(missing_ok=True)

    async def delete(self, bucket: str, name: str) -> None:
        """Delete an object, if it is there."""
        try:
            with translated_http_errors(f"delete {name} from bucket {bucket}", self._where):
                await self._storage.delete(bucket, name)
        except AccessError as error:
            if error.status != NOT_FOUND:
                raise

    async def list_names(self, bucket: str, prefix: str) -> Sequence[str]:
        """Return all names under a prefix, page after page."""
        names: list[str] = []
        params = {"prefix": prefix, "fields": "items/name,nextPageToken"}
        while True:
            with translated_http_errors(f"list {prefix} in bucket {bucket}", self._where):
                page = await self._storage.list_objects(bucket, params=dict(params))
            names += [str(item["name"]) for item in page.get("items", [])]
            if not page.get("nextPageToken"):
                return sorted(names)
            params["pageToken"] = str(page["nextPageToken"])

    async def describe_bucket(self, bucket: str) -> Mapping[str, Any]:
        """Return the bucket as the service describes it; the preflight reads it.

        Raises:
            AccessError: It does not exist, or may not be seen.
            DependencyUnavailableError: No answer.
        """
        with translated_http_errors(f"read bucket {bucket}", self._where):
            described: dict[str, Any] = await self._storage.get_bucket_metadata(bucket)
            return described


async def _drain(stream: Any, target: Path) -> None:
    file = await asyncio.to_thread(target.open, "wb")
    with file:
        while chunk := await stream.read(CHUNK_BYTES):
            await asyncio.to_thread(file.write, chunk)
