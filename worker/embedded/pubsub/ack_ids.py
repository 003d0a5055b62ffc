"""Ack ids: opaque to clients, and garbage is told from what has merely grown old."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass

from worker.embedded.pubsub.errors import InvalidArgumentError

_BODY = re.compile(r"(?P<run>[0-9a-f]+)\.(?P<sequence>\d{1,18})\.(?P<lease>\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AckId:
    """Names one lease.

    Attributes:
        run: Which subscription gave it, in which life of the server.
        sequence: The message's.
        lease: Rises with each lease of the run.
    """

    run: str
    sequence: int
    lease: int

    def encode(self) -> str:
        """Return the text that a client holds."""
        body = f"{self.run}.{self.sequence}.{self.lease}"
        return base64.urlsafe_b64encode(f"{body}.{_checksum(body)}".encode()).decode()


def decode_ack_id(text: str) -> AckId:
    """Read a client's text.

    Raises:
        InvalidArgumentError: No server of this kind ever gave it out.
    """
    refusal = InvalidArgumentError(f"You have passed an invalid ack ID ({text[:80]!r}).")
    try:
        decoded = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise refusal from error
    body, _, checksum = decoded.rpartition(".")
    match = _BODY.fullmatch(body)
    if match is None or checksum != _checksum(body):
        raise refusal
    return AckId(match["run"], int(match["sequence"]), int(match["lease"]))


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
