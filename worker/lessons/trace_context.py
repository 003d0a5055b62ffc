"""The trace that a message belongs to, as W3C Trace Context writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

PARENT, STATE = "traceparent", "tracestate"

PREFIXES = ("", "googclient_")
"""W3C's own names, and those that Pub/Sub's own clients give them."""

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-[0-9a-f]{2}"
    r"(?P<more>-.*)?"
)
"""https://www.w3.org/TR/trace-context/, section 3.2; later versions may add fields at the end."""


def carried_trace(attributes: Mapping[str, str]) -> Mapping[str, str]:
    """Return a message's sound `traceparent`, and the `tracestate` beside it, under W3C's names.

    Nothing where no sound one is carried: a state without its parent means nothing.
    """
    for prefix in PREFIXES:
        found = _TRACEPARENT.fullmatch(attributes.get(f"{prefix}{PARENT}", ""))
        if found is not None and _is_sound(found):
            state = attributes.get(f"{prefix}{STATE}")
            return {PARENT: found[0]} | ({STATE: state} if state else {})
    return {}


def _is_sound(found: re.Match[str]) -> bool:
    """Refuse what the standard does: version ff, more than version 00 has, ids of zeros."""
    has_more = found["version"] == "00" and found["more"] is not None
    return (
        found["version"] != "ff"
        and not has_more
        and int(found["trace"], 16) != 0
        and int(found["parent"], 16) != 0
    )
