"""Cloud Storage through gcloud-aio-storage; files are streamed, never held whole."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from gcloud.aio.storage import Storage

from worker.adapters.google_http import AccessError, translated_http_errors
from worker.lessons.errors import DependencyUnavailableError
from worker.upkeep_ports import StoredObject

CALL_SECONDS = 60.0
CHUNK_BYTES = 1 << 20
NOT_FOUND = 404
GOOGLE = "storage.googleapis.com"


class CloudStorage:
    """Implements `worker.ports.ObjectStore`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        emulator_url: str | None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self._timeout: Any = aiohttp.ClientTimeout(total=call_seconds)
        self._emulator_url = emulator_url
        self.renew(session)
        self._where = emulator_url or GOOGLE

    def renew(self, session: aiohttp.ClientSession) -> None:
        """Make the calls that follow on another session's connections."""
        options: dict[str, Any] = {"session": session}
        if self._emulator_url:
            options |= {"api_root": self._emulator_url, "api_is_dev": True}
        self._storage = Storage(**options)

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Stream a file into an object, in one request.

        Never as a resumable upload: after a 503 the client asks for its state in a way that
        reads as success, and nothing was stored. The size that the service names is checked.
        """
        file = await asyncio.to_thread(source.open, "rb")
        with file:
            sent = os.fstat(file.fileno()).st_size
            with translated_http_errors(f"upload {name} to bucket {bucket}", self._where):
                stored = await self._storage.upload(
                    bucket,
                    name,
                    file,
                    content_type=content_type,
                    force_resumable_upload=False,
                    timeout=self._timeout,
                )
        size = (stored or {}).get("size")
        if str(size) != str(sent):
            raise DependencyUnavailableError(
                f"could not upload {name} to bucket {bucket}: "
                f"{self._where} stored {size} of {sent} bytes"
            )

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Stream an object into a file that appears only when it is complete."""
        partial = target.with_name(f".{target.name}.partial")
        what = f"download {name} from bucket {bucket}"
        try:
            with translated_http_errors(what, self._where):
                stream = await self._storage.download_stream(bucket, name, timeout=self._timeout)
            async with stream:
                await self._write(stream, partial, what)
            await asyncio.to_thread(partial.replace, target)
        except AccessError as error:
            if error.status == NOT_FOUND:
                raise FileNotFoundError(f"no object {name} in bucket {bucket}") from error
            raise
        finally:
            partial.unlink(missing_ok=True)

    async def _write(self, stream: Any, partial: Path, what: str) -> None:
        """Write a stream to a file; a full disk is no fault of the service."""
        file = await asyncio.to_thread(partial.open, "wb")
        with file:
            while True:
                with translated_http_errors(what, self._where):
                    chunk = await stream.read(CHUNK_BYTES)
                if not chunk:
                    return
                await asyncio.to_thread(file.write, chunk)

    async def delete(self, bucket: str, name: str) -> None:
        """Delete an object, if it is there."""
        try:
            with translated_http_errors(f"delete {name} from bucket {bucket}", self._where):
                await self._storage.delete(bucket, name, timeout=self._timeout)
        except AccessError as error:
            if error.status != NOT_FOUND:
                raise

    async def list_objects(self, bucket: str, prefix: str) -> AsyncIterator[StoredObject]:
        """Yield the objects under a prefix; one page is held at a time."""
        params = {"prefix": prefix, "fields": "items(name,updated),nextPageToken"}
        while True:
            with translated_http_errors(f"list {prefix} in bucket {bucket}", self._where):
                page = await self._storage.list_objects(
                    bucket, params=dict(params), timeout=self._timeout
                )
            for item in page.get("items", []):
                updated = datetime.fromisoformat(item["updated"])
                yield StoredObject(str(item["name"]), updated)
            if not page.get("nextPageToken"):
                return
            params["pageToken"] = str(page["nextPageToken"])

    async def describe_bucket(self, bucket: str) -> Mapping[str, Any]:
        """Return the bucket as the service describes it; the preflight reads it.

        Raises:
            AccessError: It does not exist, or may not be seen.
            DependencyUnavailableError: No answer.
        """
        with translated_http_errors(f"read bucket {bucket}", self._where):
            described: dict[str, Any] = await self._storage.get_bucket_metadata(
                bucket, timeout=self._timeout
            )
            return described
