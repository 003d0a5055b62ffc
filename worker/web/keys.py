"""Signed values: who is logged in, and which form came from our own page."""

from __future__ import annotations

import hashlib
import hmac
import secrets

SESSION_SECONDS = 12 * 3600
"""A school day; then the token is asked for again. (ours)"""


class Keys:
    """Makes and checks the signatures of one page.

    With a token they are derived from it, so that every replica accepts what another has signed.
    """

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else _digest(token)
        self._key = self._token or secrets.token_bytes(32)

    @property
    def is_open(self) -> bool:
        """Whether nobody has to log in."""
        return self._token is None

    def accepts(self, offered: str) -> bool:
        """Tell whether this is the token; how long that takes says nothing about it."""
        return self._token is not None and hmac.compare_digest(_digest(offered), self._token)

    def form_token(self, visitor: str) -> str:
        """Return what a form of this visitor must bring."""
        return self._sign("form", visitor)

    def is_form_token(self, visitor: str, offered: str) -> bool:
        """Tell whether a form was made for this visitor."""
        return bool(visitor) and _same(self.form_token(visitor), offered)

    def session(self, now: float) -> str:
        """Return the cookie of someone who has shown the token."""
        until = str(int(now) + SESSION_SECONDS)
        return f"{until}.{self._sign('session', until)}"

    def is_session(self, cookie: str, now: float) -> bool:
        """Tell whether a cookie is ours and still holds."""
        until, _, signature = cookie.partition(".")
        return _same(self._sign("session", until), signature) and int(until) > now

    def _sign(self, purpose: str, value: str) -> str:
        return hmac.new(self._key, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()


def new_visitor() -> str:
    """Return a cookie that no other visitor has."""
    return secrets.token_urlsafe(24)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _same(ours: str, offered: str) -> bool:
    return hmac.compare_digest(ours.encode(), offered.encode("utf-8", "surrogatepass"))
