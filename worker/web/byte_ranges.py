"""Which bytes of a file a request asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a file, the first and the last included."""

    first: int
    last: int


class UnsatisfiableRangeError(Exception):
    """No byte of the file is within the range."""


_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*")


def wanted_part(header: str | None, if_range: str | None, etag: str, size: int) -> Part | None:
    """Return the part that is asked for; None for the whole file.

    Several ranges, another unit, or what cannot be read stand for the whole file, as the RFC
    allows. So does an If-Range that does not name the very file that is there.

    Raises:
        UnsatisfiableRangeError: Every byte asked for lies behind the end.
    """
    found = _ONE_RANGE.fullmatch(header or "")
    if found is None or (if_range is not None and if_range.strip() != etag):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        if int(last) == 0 or size == 0:
            raise UnsatisfiableRangeError
        return Part(max(0, size - int(last)), size - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise UnsatisfiableRangeError
    return Part(int(first), min(int(last), size - 1) if last else size - 1)
