"""Who this process is to Google: its token, its service account, and what may sign for it.

gcloud-aio-auth finds the credentials as Google's own clients do: the file that
GOOGLE_APPLICATION_CREDENTIALS names (a service account's key, or workload identity federation),
else the metadata server of Cloud Run, GKE or a virtual machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from gcloud.aio.auth import Token
from gcloud.aio.auth.token import GCE_METADATA_BASE, GCE_METADATA_HEADERS

from worker.adapters.google_http import AccessError, translated_http_errors
from worker.lessons.errors import DependencyUnavailableError

UNAUTHORIZED = 401

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
"""What the token may do is limited by the roles of the service account, not by its scope."""

MEND = (
    "run it under a service account (Cloud Run, GKE), or name a file of credentials in "
    "GOOGLE_APPLICATION_CREDENTIALS"
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A service account's private key, where a file holds one."""

    account: str
    pem: str = field(repr=False)


class GoogleToken:
    """One access token, fetched when it is first needed and again before it ends.

    Any number of callers may wait for it: one fetch serves them all, and while the token still
    holds the next one is fetched beside the calls.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        options: dict[str, Any] = {"session": session, "scopes": SCOPES}
        self.inner = Token(**options)

    async def headers(self) -> dict[str, str]:
        """Return the headers of a call that is authorised.

        Raises:
            DependencyUnavailableError: The token server does not answer.
            AccessError: It refuses, or its answer holds no token.
        """
        with translated_http_errors("fetch an access token", self._where):
            try:
                token = await self.inner.get()
            except (KeyError, TypeError, ValueError) as error:
                raise AccessError(
                    f"could not fetch an access token: {self._where} gave none "
                    f"({type(error).__name__})",
                    MEND,
                ) from error
        return {"Authorization": f"Bearer {token}"}

    def reject(self) -> None:
        """Forget a token that a service did not accept: the next call fetches another."""
        self.inner.access_token = None

    @property
    def key(self) -> SigningKey | None:
        """The key to sign with, where the credentials are a service account's key file."""
        held: Mapping[str, str] = self.inner.service_data
        if "private_key" not in held or "client_email" not in held:
            return None
        return SigningKey(held["client_email"], held["private_key"])

    async def account(self) -> str:
        """Return the email of the service account that this process runs as.

        Raises:
            DependencyUnavailableError: The metadata server does not answer.
            AccessError: The credentials are no service account's.
        """
        if self.inner.service_data:
            named = self.inner.service_data.get("client_email") or _impersonated(
                self.inner.impersonation_uri
            )
            if not named:
                raise AccessError("these credentials are no service account's", MEND)
            return str(named)
        url = f"{GCE_METADATA_BASE}/instance/service-accounts/default/email"
        with translated_http_errors("read the service account's name", GCE_METADATA_BASE):
            async with self._session.get(url, headers=GCE_METADATA_HEADERS) as answer:
                answer.raise_for_status()
                return (await answer.text()).strip()

    @property
    def _where(self) -> str:
        return str(self.inner.token_uri).split("?", maxsplit=1)[0]


@contextmanager
def translated_calls(token: GoogleToken | None, what: str, where: str) -> Iterator[None]:
    """Translate a call's errors; a token that the service does not accept is forgotten.

    Args:
        token: What the call bears; None on an emulator, which wants none.
        what: As `translated_http_errors` takes it.
        where: Likewise.

    Raises:
        What `translated_http_errors` raises.
    """
    try:
        with translated_http_errors(what, where):
            yield
    except DependencyUnavailableError as error:
        if token is not None and getattr(error.__cause__, "status", None) == UNAUTHORIZED:
            token.reject()
        raise


def _impersonated(uri: str | None) -> str:
    """Return the account in `…/serviceAccounts/EMAIL:generateAccessToken`, or nothing."""
    return (uri or "").partition("/serviceAccounts/")[2].partition(":")[0]
