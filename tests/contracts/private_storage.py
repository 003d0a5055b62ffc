"""Cloud Storage as only a known account may use it: tokens are looked at, and so are signatures.

It holds small objects of any bucket. A link is honoured by Google's rules for V4 signatures, read
here from the request that came in: https://cloud.google.com/storage/docs/authentication/signatures
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web
from cryptography.exceptions import InvalidSignature

from tests.contracts.google_identity import ACCOUNT, GoogleIdentity
from worker.adapters.stored_checksum import RunningChecksum

SCOPE = "auto/storage/goog4_request"


@dataclass(slots=True)
class PrivateStorage:
    """The service, beside the identity that it trusts.

    Attributes:
        objects: Bucket and name, with a slash between, to content.
        opened: The links that were honoured.
        calls: Method and path of every call that bore a good token.
        lifetimes: Of the links that were honoured, as they say, in seconds.
        honours_links: Whether the signing account may read what it signs for.
    """

    identity: GoogleIdentity
    objects: dict[str, bytes] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lifetimes: list[str] = field(default_factory=list)
    honours_links: bool = True

    def app(self) -> web.Application:
        """Return the identity's servers and the service, on one address."""
        app = self.identity.app()
        app.router.add_post("/upload/storage/v1/b/{bucket}/o", self._upload)
        app.router.add_get("/storage/v1/b/{bucket}/o", self._list)
        app.router.add_get("/storage/v1/b/{bucket}/o/{name}", self._read)
        app.router.add_delete("/storage/v1/b/{bucket}/o/{name}", self._delete)
        app.router.add_get("/", self._root)
        app.router.add_get("/{bucket}/{name:.+}", self._open)
        return app

    def _let_in(self, request: web.Request) -> None:
        given = {f"Bearer token-{number + 1}" for number in range(self.identity.fetches)}
        if request.headers.get("Authorization") not in given:
            raise web.HTTPUnauthorized
        self.calls.append(f"{request.method} {request.path}")

    async def _upload(self, request: web.Request) -> web.Response:
        self._let_in(request)
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
        parts: Any = message_from_bytes(head + await request.read()).get_payload()
        described, content = parts
        resource = json.loads(described.get_payload())
        body: bytes = content.get_payload(decode=True)
        checksum = RunningChecksum()
        checksum.add(body)
        self.objects[f"{request.match_info['bucket']}/{resource['name']}"] = body
        return web.json_response({"size": str(len(body)), "crc32c": checksum.text})

    def _found(self, request: web.Request) -> str:
        self._let_in(request)
        key = f"{request.match_info['bucket']}/{request.match_info['name']}"
        if key not in self.objects:
            raise web.HTTPNotFound
        return key

    async def _read(self, request: web.Request) -> web.Response:
        return web.Response(body=self.objects[self._found(request)])

    async def _delete(self, request: web.Request) -> web.Response:
        del self.objects[self._found(request)]
        return web.Response(status=204)

    async def _list(self, request: web.Request) -> web.Response:
        self._let_in(request)
        return web.json_response({"items": []})

    async def _root(self, _: web.Request) -> web.Response:
        return web.Response(headers={"Date": format_datetime(datetime.now(UTC), usegmt=True)})

    async def _open(self, request: web.Request) -> web.Response:
        """Serve what a link names, if its signature is the account's and it still holds."""
        key = f"{request.match_info['bucket']}/{request.match_info['name']}"
        if not self._is_signed(request) or not self.honours_links:
            raise web.HTTPForbidden
        self.opened.append(key)
        self.lifetimes.append(request.query["X-Goog-Expires"])
        return web.Response(body=self.objects[key])

    def _is_signed(self, request: web.Request) -> bool:
        said = dict(request.query)
        signature = bytes.fromhex(said.pop("X-Goog-Signature", ""))
        signer, _, scope = said.get("X-Goog-Credential", "").partition("/")
        if signer != ACCOUNT or not scope.endswith(SCOPE):
            return False
        begun = datetime.strptime(said["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if datetime.now(UTC) > begun + timedelta(seconds=int(said["X-Goog-Expires"])):
            return False
        query = "&".join(f"{name}={quote(said[name], safe='')}" for name in sorted(said))
        path = quote(request.path, safe="/~")
        host = f"host:{request.headers['Host']}"
        asked = f"GET\n{path}\n{query}\n{host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(asked.encode()).hexdigest()
        to_sign = f"GOOG4-RSA-SHA256\n{said['X-Goog-Date']}\n{scope}\n{digest}"
        try:
            self.identity.verify(signature, to_sign.encode())
        except InvalidSignature:
            return False
        return True
