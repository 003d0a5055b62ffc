"""Uploads to Cloud Storage in its own protocol: whole, or in resumable chunks.

gcloud-aio-storage reads a resumable upload's state in a way that takes "not complete" for
success (after a 503 nothing was stored); so the protocol is spoken here. What the service does
is documented at https://cloud.google.com/storage/docs/performing-resumable-uploads.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import aiohttp

from worker.adapters.google_token import GoogleToken
from worker.adapters.opened_file import opened

WHOLE_BYTES = 5 * 1024 * 1024
"""Up to this an object is sent in one request, as Google's own clients do."""

CHUNK_BYTES = 8 * 1024 * 1024
"""What one request of a resumable upload carries and a worker holds in memory; a multiple of
the 256 KiB that the service asks for."""

RESUMPTIONS = 5
"""How often in a row an upload asks how much has arrived and goes on, without any progress."""

FIRST_WAIT_SECONDS = 0.1
RESUME_INCOMPLETE = 308
_SESSION_GONE = frozenset({404, 410})
_INTERRUPTED = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Upload:
    """One file on its way into an object.

    Attributes:
        size: In bytes.
        metadata: The object's resource, with its `name`, `contentType` and `crc32c`: the
            service refuses what does not match the checksum.
    """

    bucket: str
    source: Path
    size: int
    metadata: Mapping[str, str]


class UploadSession:
    """Sends files over one HTTP session."""

    def __init__(
        self, session: aiohttp.ClientSession, token: GoogleToken | None, root: str
    ) -> None:
        """Prepare uploads.

        Args:
            session: Whose connections are used.
            token: None for an emulator, which wants none.
            root: `https://storage.googleapis.com`, or an emulator's address.
        """
        self._session = session
        self._token = token
        self._root = root

    async def send(self, upload: Upload) -> Mapping[str, Any]:
        """Send a file, and return the object's resource as the service stored it.

        Raises:
            aiohttp.ClientError: The service refused it, or did not answer.
            OSError: The file cannot be read.
        """
        async with opened(upload.source, "rb") as file:
            if upload.size <= WHOLE_BYTES:
                return await self._send_whole(upload, await asyncio.to_thread(file.read))
            return await _Resumable(self, upload, file).send()

    async def _send_whole(self, upload: Upload, content: bytes) -> Mapping[str, Any]:
        boundary = secrets.token_hex(16)
        described = json.dumps(dict(upload.metadata))
        opening = (
            f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{described}"
            f"\r\n--{boundary}\r\nContent-Type: {upload.metadata['contentType']}\r\n\r\n"
        )
        body = b"".join((opening.encode(), content, f"\r\n--{boundary}--\r\n".encode()))
        headers = {"Content-Type": f"multipart/related; boundary={boundary}"}
        answer = await self.request(
            "POST", self._address(upload, "multipart"), data=body, headers=headers
        )
        return _resource(answer.body)

    async def begin(self, upload: Upload) -> str:
        """Open a resumable session, and return its address."""
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Upload-Content-Type": upload.metadata["contentType"],
            "X-Upload-Content-Length": str(upload.size),
        }
        body = json.dumps(dict(upload.metadata)).encode()
        answer = await self.request(
            "POST", self._address(upload, "resumable"), data=body, headers=headers
        )
        return answer.headers["Location"]

    async def request(
        self, method: str, url: str, *, data: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Make one call and read its answer whole.

        Raises:
            aiohttp.ClientResponseError: The status is neither a success nor 308.
        """
        signed = dict(headers)
        if self._token is not None:
            signed |= await self._token.headers()
        async with self._session.request(
            method, url, data=BytesIO(data), headers=signed, allow_redirects=False
        ) as response:
            if response.status != RESUME_INCOMPLETE:
                response.raise_for_status()
            return Answer(response.status, response.headers.copy(), await response.read())

    def _address(self, upload: Upload, kind: str) -> str:
        name = quote(upload.metadata["name"], safe="")
        return f"{self._root}/upload/storage/v1/b/{upload.bucket}/o?uploadType={kind}&name={name}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Resumable:
    """One resumable upload: chunk after chunk, taken up again where it was cut off.

    Attributes:
        sent: Bytes that the service has confirmed.
        stuck: Interruptions in a row without a byte more.
    """

    session: UploadSession
    upload: Upload
    file: BinaryIO
    sent: int = 0
    stuck: int = 0

    async def send(self) -> Mapping[str, Any]:
        """Send it all; a session that the service has lost is begun anew, once."""
        address = await self.session.begin(self.upload)
        try:
            return await self._send_to(address)
        except aiohttp.ClientResponseError as error:
            if error.status not in _SESSION_GONE:
                raise
        self.sent = self.stuck = 0
        return await self._send_to(await self.session.begin(self.upload))

    async def _send_to(self, address: str) -> Mapping[str, Any]:
        answer = await self._send_chunk(address)
        while answer.status == RESUME_INCOMPLETE:
            self._confirm(answer)
            answer = await self._send_chunk(address)
        return _resource(answer.body)

    async def _send_chunk(self, address: str) -> Answer:
        """Send what follows the confirmed bytes; where it is cut off, ask how far it came."""
        chunk = await asyncio.to_thread(self._read)
        last = self.sent + len(chunk) - 1
        try:
            return await self._put(address, chunk, f"bytes {self.sent}-{last}/{self.upload.size}")
        except (aiohttp.ClientError, OSError) as error:
            return await self._ask_how_far(address, error)

    async def _ask_how_far(self, address: str, error: Exception) -> Answer:
        while True:
            if not _is_interruption(error) or self.stuck >= RESUMPTIONS:
                raise error
            await asyncio.sleep(FIRST_WAIT_SECONDS * 2.0**self.stuck)
            self.stuck += 1
            try:
                return await self._put(address, b"", f"bytes */{self.upload.size}")
            except (aiohttp.ClientError, OSError) as again:
                error = again

    async def _put(self, address: str, data: bytes, content_range: str) -> Answer:
        return await self.session.request(
            "PUT", address, data=data, headers={"Content-Range": content_range}
        )

    def _confirm(self, answer: Answer) -> None:
        """Go on behind the last byte that the service has; without a Range it has none."""
        found = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
        confirmed = int(found.group(1)) + 1 if found else 0
        if confirmed > self.sent:
            self.stuck = 0
        elif self.stuck >= RESUMPTIONS:
            raise aiohttp.ClientPayloadError("the service confirms no more of the upload")
        else:
            self.stuck += 1
        self.sent = min(confirmed, self.upload.size)

    def _read(self) -> bytes:
        self.file.seek(self.sent)
        return self.file.read(CHUNK_BYTES)


def _is_interruption(error: Exception) -> bool:
    """Tell a call that may have got through in part from one that was refused."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status in _INTERRUPTED
    return True


def _resource(body: bytes) -> Mapping[str, Any]:
    """Parse the object's resource; what is none says nothing of the object."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
