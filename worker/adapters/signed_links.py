"""Links to objects that whoever holds them may open for a while: V4 signed URLs.

The rules are Google's: https://cloud.google.com/storage/docs/authentication/canonical-requests.
What is signed is pure; the signature comes from a key in a file, or from IAM's signBlob where the
service account has no key here, as on Cloud Run.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

import aiohttp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from worker.adapters.google_http import AccessError
from worker.adapters.google_token import MEND, GoogleToken, SigningKey, translated_calls

ALGORITHM = "GOOG4-RSA-SHA256"
LONGEST_SECONDS = 7 * 24 * 3600
"""Google signs for a week at most."""

IAM_CREDENTIALS = "https://iamcredentials.googleapis.com"
SIGN_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class UnsignedLink:
    """A link that lacks its signature only.

    Attributes:
        url: Everything up to the signature.
        to_sign: What the signature must be of.
    """

    url: str
    to_sign: str


def link_to(root: str, object_path: str, account: str, at: datetime, seconds: int) -> UnsignedLink:
    """Return a link to read an object.

    Args:
        root: `https://storage.googleapis.com`, or an emulator's address.
        object_path: Bucket and name, with a slash between.
        account: The email of the service account that signs.
        at: From when it holds, in UTC.
        seconds: How long.

    Raises:
        ValueError: It would hold for longer than Google allows, or not at all.
    """
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError(f"a link holds for 1 to {LONGEST_SECONDS} s")
    moment = f"{at:%Y%m%dT%H%M%SZ}"
    scope = f"{at:%Y%m%d}/auto/storage/goog4_request"
    query = "&".join(
        f"{name}={quote(value, safe='')}"
        for name, value in (
            ("X-Goog-Algorithm", ALGORITHM),
            ("X-Goog-Credential", f"{account}/{scope}"),
            ("X-Goog-Date", moment),
            ("X-Goog-Expires", str(seconds)),
            ("X-Goog-SignedHeaders", "host"),
        )
    )
    path = f"/{quote(object_path, safe='/~')}"
    host = urlsplit(root).netloc
    request = "\n".join(("GET", path, query, f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"))
    digest = hashlib.sha256(request.encode()).hexdigest()
    return UnsignedLink(f"{root}{path}?{query}", f"{ALGORITHM}\n{moment}\n{scope}\n{digest}")


class LinkSigner:
    """Signs with the key that the credentials hold, else through IAM."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: GoogleToken,
        *,
        account: str | None = None,
        iam_root: str = IAM_CREDENTIALS,
    ) -> None:
        """Prepare a signer.

        Args:
            session: Whose connections are used.
            token: Who this process is.
            account: The service account to sign as; the process's own if None.
            iam_root: Where signBlob is served.
        """
        self._session = session
        self._token = token
        self._account = account
        self._iam_root = iam_root

    async def account(self) -> str:
        """Return the email of the account that signs.

        Raises:
            DependencyUnavailableError: The metadata server does not answer.
            AccessError: The credentials are no service account's.
        """
        return self._account or await self._token.account()

    async def sign(self, link: UnsignedLink) -> str:
        """Return the link with its signature.

        Raises:
            DependencyUnavailableError: IAM does not answer.
            AccessError: It refuses: the account may not sign as itself, or the key is unusable.
        """
        content = link.to_sign.encode()
        key, account = self._token.key, await self.account()
        if key is not None and key.account == account:
            signature = await asyncio.to_thread(_signed_by, key, content)
        else:
            signature = await self._signed_by_iam(account, content)
        return f"{link.url}&X-Goog-Signature={signature.hex()}"

    async def _signed_by_iam(self, account: str, content: bytes) -> bytes:
        url = f"{self._iam_root}/v1/projects/-/serviceAccounts/{account}:signBlob"
        body = {"payload": base64.b64encode(content).decode()}
        headers = await self._token.headers()
        limit = aiohttp.ClientTimeout(total=SIGN_SECONDS)
        with translated_calls(self._token, f"sign as {account}", self._iam_root):
            async with self._session.post(url, json=body, headers=headers, timeout=limit) as answer:
                answer.raise_for_status()
                signed = await answer.json()
        try:
            return base64.b64decode(signed["signedBlob"], validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise AccessError(
                f"could not sign as {account}: {self._iam_root} gave no signature",
                "see that iamcredentials.googleapis.com is enabled",
            ) from error


def _signed_by(key: SigningKey, content: bytes) -> bytes:
    try:
        private = serialization.load_pem_private_key(key.pem.encode(), password=None)
    except ValueError as error:
        raise AccessError("the private key of the credentials cannot be read", MEND) from error
    if not isinstance(private, rsa.RSAPrivateKey):
        raise AccessError("the private key of the credentials is no RSA key", MEND)
    return private.sign(content, padding.PKCS1v15(), hashes.SHA256())
