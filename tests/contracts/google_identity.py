"""What stands around Google's credentials: metadata server, token server, IAM's signBlob."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ACCOUNT = "worker@tests.iam.gserviceaccount.com"


@cache
def _key() -> rsa.RSAPrivateKey:
    """The account's key, made once: half a second of a core's time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(slots=True)
class GoogleIdentity:
    """Hands out tokens, signs, and counts by whom one protected address was called.

    Attributes:
        lifetime: Of a token, in seconds.
        fetches: Tokens given out so far; the n-th is `token-n`.
        accepted: Tokens that the protected address takes; None for all that were given out.
        seen: The Authorization header of every call to it.
        status: What the servers answer instead, for a fault.
        sign_status: What signBlob alone answers instead.
    """

    key: rsa.RSAPrivateKey = field(default_factory=_key)
    lifetime: int = 3600
    fetches: int = 0
    accepted: set[str] | None = None
    seen: list[str] = field(default_factory=list)
    assertions: list[dict[str, Any]] = field(default_factory=list)
    exchanges: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    sign_status: int = 200
    url: str = ""

    def app(self) -> web.Application:
        """Return the servers, on one address."""
        app = web.Application()
        account = "/computeMetadata/v1/instance/service-accounts/default"
        app.router.add_get(f"{account}/token", self._metadata_token)
        app.router.add_get(f"{account}/email", self._email)
        app.router.add_post("/token", self._token)
        app.router.add_post("/sts", self._exchange)
        app.router.add_post("/v1/projects/-/serviceAccounts/{account}:signBlob", self._sign)
        return app

    def key_file(self, folder: Path) -> Path:
        """Write a service account's key, as `gcloud iam service-accounts keys create` does."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        return _write(
            folder / "key.json",
            type="service_account",
            client_email=ACCOUNT,
            private_key=pem,
            token_uri=f"{self.url}/token",
        )

    def federation_file(self, folder: Path) -> Path:
        """Write a configuration of workload identity federation, with its subject's token."""
        subject = folder / "subject-token"
        subject.write_text("the platform's own token")
        return _write(
            folder / "federation.json",
            type="external_account",
            audience="//iam.googleapis.com/projects/1/locations/global/pools/p/providers/q",
            subject_token_type="urn:ietf:params:oauth:token-type:jwt",  # noqa: S106  # a kind, no token
            token_url=f"{self.url}/sts",
            credential_source={"file": str(subject)},
        )

    def verify(self, signature: bytes, content: bytes) -> None:
        """Raise unless the signature is the account's."""
        self.key.public_key().verify(signature, content, padding.PKCS1v15(), hashes.SHA256())

    async def _metadata_token(self, request: web.Request) -> web.Response:
        assert request.headers["Metadata-Flavor"] == "Google"
        return await self._give()

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        claims: dict[str, Any] = jwt.decode(
            str(form["assertion"]),
            self.key.public_key(),
            algorithms=["RS256"],
            audience=f"{self.url}/token",
        )
        self.assertions.append(claims)
        return await self._give()

    async def _exchange(self, request: web.Request) -> web.Response:
        self.exchanges.append({name: str(value) for name, value in (await request.post()).items()})
        return await self._give()

    async def _give(self) -> web.Response:
        await asyncio.sleep(0.02)  # callers that come meanwhile wait for this one
        if self.status != 200:
            return web.Response(status=self.status)
        self.fetches += 1
        return web.json_response(
            {"access_token": f"token-{self.fetches}", "expires_in": self.lifetime}
        )

    async def _email(self, request: web.Request) -> web.Response:
        assert request.headers["Metadata-Flavor"] == "Google"
        return web.Response(text=f"{ACCOUNT}\n")

    async def _sign(self, request: web.Request) -> web.Response:
        if (self.status, self.sign_status) != (200, 200):
            return web.Response(status=max(self.status, self.sign_status))
        assert request.match_info["account"] == ACCOUNT
        self.seen.append(request.headers["Authorization"])
        payload = base64.b64decode((await request.json())["payload"])
        signature = self.key.sign(payload, padding.PKCS1v15(), hashes.SHA256())
        return web.json_response({"keyId": "1", "signedBlob": base64.b64encode(signature).decode()})

    async def protected(self, request: web.Request) -> web.Response:
        """Answer whoever bears a token that is accepted, as each service has it that is asked."""
        held = request.headers.get("Authorization", "")
        self.seen.append(held)
        if self.accepted is not None and held.removeprefix("Bearer ") not in self.accepted:
            return web.Response(status=401)
        return web.json_response(
            {"items": [], "receivedMessages": [], "messageIds": ["1"], "size": "1", "crc32c": "A="}
        )


def _write(file: Path, **content: object) -> Path:
    file.write_text(json.dumps(content))
    return file
