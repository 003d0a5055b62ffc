"""Cloud Storage: files are streamed both ways, never held whole, and their checksums verified.

Uploads and downloads speak the JSON API themselves, so that checksums and resumption are ours to
see; everything else goes through gcloud-aio-storage.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from gcloud.aio.storage import Storage

from worker.adapters.google_http import AccessError
from worker.adapters.google_token import GoogleToken, translated_calls
from worker.adapters.opened_file import opened
from worker.adapters.signed_links import IAM_CREDENTIALS, LinkSigner, link_to
from worker.adapters.storage_upload import Upload, UploadSession
from worker.adapters.stored_checksum import CHUNK_BYTES, RunningChecksum, checksum_of, named_in
from worker.charges import charged
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.errors import DependencyUnavailableError
from worker.telemetry.spans import note
from worker.upkeep_ports import StoredObject

CALL_SECONDS = 60.0
NOT_FOUND = 404
GOOGLE = "https://storage.googleapis.com"
PROVIDER = "cloud_storage"

OBJECT = "content_worker.object"
"""The attribute of a call's span that names the object."""

CACHE_CONTROL = "private, max-age=31536000, immutable"
"""What a fence or a digest in the name has made is never changed; nobody else's cache keeps it."""


class CloudStorage:
    """Implements `worker.ports.ObjectStore`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        emulator_url: str | None,
        call_seconds: float = CALL_SECONDS,
        api_url: str = GOOGLE,
        iam_url: str = IAM_CREDENTIALS,
    ) -> None:
        """Prepare the store.

        Args:
            session: Whose connections are used.
            emulator_url: An emulator, which wants no token; None for the service.
            call_seconds: Time for one call, all chunks of an upload included.
            api_url: The service, or its private endpoint.
            iam_url: Where signBlob is served.
        """
        self._timeout: Any = aiohttp.ClientTimeout(total=call_seconds)
        self._call_seconds = call_seconds
        self._is_emulator = emulator_url is not None
        self._iam_url = iam_url
        self._root = (emulator_url or api_url).rstrip("/")
        self._where = self._root.removeprefix("https://") if emulator_url is None else self._root
        self.renew(session)

    def renew(self, session: aiohttp.ClientSession) -> None:
        """Make the calls that follow on another session's connections."""
        self._session = session
        options: dict[str, Any] = {"session": session, "api_root": self._root}
        options["api_is_dev"] = self._is_emulator
        self._token = None if self._is_emulator else GoogleToken(session)
        if self._token is not None:
            options["token"] = self._token.inner
        self._storage = Storage(**options)
        self._uploads = UploadSession(session, self._token, self._root)

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Stream a file into an object; above 5 MiB in chunks that are taken up after a cut.

        The service is told the checksum beforehand and refuses anything else; size and checksum
        that it names afterwards are compared as well.
        """
        size, checksum = await asyncio.to_thread(checksum_of, source)
        metadata = {
            "name": name,
            "contentType": content_type,
            "cacheControl": CACHE_CONTROL,
            "contentDisposition": _disposition(name),
            "crc32c": checksum,
        }
        upload = Upload(bucket, source, size, metadata)
        what = f"upload {name} to bucket {bucket}"
        used = Usage(bytes_stored=size)
        async with charged(BillableCall(PROVIDER, "upload", used)) as charge:
            note({OBJECT: name})
            with self._translated(what):
                async with asyncio.timeout(self._call_seconds):
                    stored = await self._uploads.send(upload)
            charge.settle(used)
        kept = stored.get("size"), stored.get("crc32c")
        if kept != (str(size), checksum):
            raise DependencyUnavailableError(
                f"could not {what}: {self._where} stored {kept[0]} of {size} bytes, "
                f"checksum {kept[1]} instead of {checksum}"
            )

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Stream an object into a file that appears only when it is complete."""
        partial = target.with_name(f".{target.name}.partial")
        what = f"download {name} from bucket {bucket}"
        try:
            async with charged(BillableCall(PROVIDER, "download", Usage())) as charge:
                note({OBJECT: name})
                size = await self._fetch(bucket, name, partial, what)
                if size is None:
                    charge.void()
                else:
                    charge.settle(Usage(bytes_served=size))
            if size is None:
                raise FileNotFoundError(f"no object {name} in bucket {bucket}")
            await asyncio.to_thread(partial.replace, target)
        finally:
            partial.unlink(missing_ok=True)

    async def _fetch(self, bucket: str, name: str, partial: Path, what: str) -> int | None:
        """Write an object to a file, compare its checksum, and return its size.

        That there is no such object is an answer: None.
        """
        url = f"{self._root}/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media"
        with self._translated(what):
            headers = {} if self._token is None else await self._token.headers()
            response = await self._session.get(url, headers=headers, timeout=self._timeout)
        async with response:
            if response.status == NOT_FOUND:
                return None
            with self._translated(what):
                response.raise_for_status()
            size, checksum = await self._write(response, partial, what)
        named = named_in(",".join(response.headers.getall("X-Goog-Hash", [])))
        if named is not None and named != checksum:
            raise DependencyUnavailableError(
                f"could not {what}: its checksum is {checksum}, {self._where} names {named}"
            )
        return size

    async def _write(
        self, response: aiohttp.ClientResponse, partial: Path, what: str
    ) -> tuple[int, str]:
        """Write a stream to a file; a full disk is no fault of the service."""
        running, size = RunningChecksum(), 0
        async with opened(partial, "wb") as file:
            while True:
                with self._translated(what):
                    chunk = await response.content.read(CHUNK_BYTES)
                if not chunk:
                    return size, running.text
                running.add(chunk)
                size += len(chunk)
                await asyncio.to_thread(file.write, chunk)

    def signer(self, account: str | None = None) -> LinkSigner | None:
        """Return who signs links; None on an emulator, which has nobody to sign as."""
        if self._token is None:
            return None
        return LinkSigner(self._session, self._token, account=account, iam_root=self._iam_url)

    async def link(self, bucket: str, name: str, seconds: int, signer: LinkSigner) -> str:
        """Return a link that reads an object, and holds for so many seconds.

        Raises:
            ValueError: That is longer than a week, or no time at all.
            DependencyUnavailableError: Whoever signs does not answer.
            AccessError: It refuses.
        """
        account = await signer.account()
        unsigned = link_to(self._root, f"{bucket}/{name}", account, datetime.now(UTC), seconds)
        return await signer.sign(unsigned)

    async def open_link(self, link: str) -> bytes:
        """Read what a link leads to, as whoever holds it does: without a token.

        Raises:
            AccessError: The service does not honour it.
            DependencyUnavailableError: No answer.
        """
        with self._translated("open a signed link"):
            async with self._session.get(link, timeout=self._timeout) as answer:
                answer.raise_for_status()
                return await answer.read()

    async def delete(self, bucket: str, name: str) -> None:
        """Delete an object, if it is there."""
        try:
            with self._translated(f"delete {name} from bucket {bucket}"):
                await self._storage.delete(bucket, name, timeout=self._timeout)
        except AccessError as error:
            if error.status != NOT_FOUND:
                raise

    async def list_objects(self, bucket: str, prefix: str) -> AsyncIterator[StoredObject]:
        """Yield the objects under a prefix; one page is held at a time."""
        params = {"prefix": prefix, "fields": "items(name,updated),nextPageToken"}
        while True:
            with self._translated(f"list {prefix} in bucket {bucket}"):
                page = await self._storage.list_objects(
                    bucket, params=dict(params), timeout=self._timeout
                )
                found = [_stored(item) for item in page.get("items", [])]
            for one in found:
                yield one
            if not page.get("nextPageToken"):
                return
            params["pageToken"] = str(page["nextPageToken"])

    async def server_time(self) -> datetime:
        """Return the service's time, from the Date header of an answer, whatever it says.

        Raises:
            DependencyUnavailableError: No answer, or one without a date.
        """
        with self._translated("ask for the time"):
            async with self._session.get(self._root, timeout=self._timeout) as answer:
                try:
                    return parsedate_to_datetime(answer.headers["Date"])
                except (KeyError, ValueError) as error:
                    raise DependencyUnavailableError(
                        f"could not ask for the time: {self._where} gave none"
                    ) from error

    def _translated(self, what: str) -> AbstractContextManager[None]:
        return translated_calls(self._token, what, self._where)


def _stored(item: Mapping[str, Any]) -> StoredObject:
    return StoredObject(str(item["name"]), datetime.fromisoformat(item["updated"]))


def _disposition(name: str) -> str:
    """Return what a browser shows the object as: its own name, in RFC 6266's spelling."""
    return f"inline; filename*=UTF-8''{quote(name.rpartition('/')[2], safe='')}"
