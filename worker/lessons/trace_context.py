"""The trace that a message belongs to, as W3C Trace Context writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

CARRIERS = ("traceparent", "googclient_traceparent")
"""Attributes that carry it: W3C's name, and the one that Pub/Sub's own clients give it."""

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-[0-9a-f]{2}"
    r"(?P<more>-.*)?"
)
"""https://www.w3.org/TR/trace-context/, section 3.2; later versions may add fields at the end."""


def trace_id_in(attributes: Mapping[str, str]) -> str | None:
    """Return the id of the trace, 32 hexadecimal digits; None where no sound one is carried."""
    for name in CARRIERS:
        found = _TRACEPARENT.fullmatch(attributes.get(name, ""))
        if found is not None and _is_sound(found):
            return found["trace"]
    return None


def _is_sound(found: re.Match[str]) -> bool:
    """Refuse what the standard does: version ff, more than version 00 has, ids of zeros."""
    has_more = found["version"] == "00" and found["more"] is not None
    return (
        found["version"] != "ff"
        and not has_more
        and int(found["trace"], 16) != 0
        and int(found["parent"], 16) != 0
    )
