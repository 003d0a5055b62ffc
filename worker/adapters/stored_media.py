"""The files of lessons, read in pieces for a player that seeks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

import aiohttp

from worker.adapters.cloud_storage import CALL_SECONDS, GOOGLE, NOT_FOUND
from worker.adapters.google_http import AccessError
from worker.adapters.google_token import GoogleToken, translated_calls
from worker.lessons.errors import DependencyUnavailableError
from worker.lessons.stored_file import StoredFile

PIECE_BYTES = 256 * 1024
PARTIAL_CONTENT = 206


class StoredMedia:
    """Implements `worker.web.ports.Media` on one bucket of Cloud Storage.

    Checksums are not compared: a part has none.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        bucket: str,
        *,
        emulator_url: str | None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        """Prepare the reader.

        Args:
            session: Whose connections are used.
            bucket: Where lessons are.
            emulator_url: An emulator, which wants no token; None for the service.
            call_seconds: Time without a single byte after which a call is given up.
        """
        self._session, self._bucket = session, bucket
        self._root = (emulator_url or GOOGLE).rstrip("/")
        self._token = None if emulator_url is not None else GoogleToken(session)
        self._timeout = aiohttp.ClientTimeout(total=None, sock_read=call_seconds)

    async def describe(self, name: str) -> StoredFile:
        """Return what is known of a file."""
        async with await self._get(name, {"fields": "size,crc32c"}, {}) as answer:
            with self._translated(f"describe {name}"):
                known = await answer.json()
                return StoredFile(int(known["size"]), f'"{known["crc32c"]}-{known["size"]}"')

    async def read(self, name: str, first: int, last: int) -> AsyncIterator[bytes]:
        """Yield the bytes from the first to the last, both included, a piece at a time."""
        wanted = {"Range": f"bytes={first}-{last}"}
        async with await self._get(name, {"alt": "media"}, wanted) as answer:
            if answer.status != PARTIAL_CONTENT:
                raise DependencyUnavailableError(f"could not read a part of {name}: all of it came")
            with self._translated(f"read {name}"):
                async for piece in answer.content.iter_chunked(PIECE_BYTES):
                    yield piece

    async def _get(
        self, name: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        what = f"read {name} in bucket {self._bucket}"
        url = f"{self._root}/storage/v1/b/{self._bucket}/o/{quote(name, safe='')}"
        token = {} if self._token is None else await self._token.headers()
        options: dict[str, Any] = {"timeout": self._timeout, "headers": {**headers, **token}}
        try:
            with self._translated(what):
                answer = await self._session.get(url, params=query, **options)
                answer.raise_for_status()
                return answer
        except AccessError as error:
            if error.status == NOT_FOUND:
                raise FileNotFoundError(f"no object {name} in bucket {self._bucket}") from error
            raise

    def _translated(self, what: str) -> AbstractContextManager[None]:
        return translated_calls(self._token, what, self._root)
