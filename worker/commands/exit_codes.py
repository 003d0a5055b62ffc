"""What the process says when it ends."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """After 3 or 4 no message has been pulled."""

    DONE = 0
    OWN_FAULT = 1
    USAGE = 2
    PREFLIGHT_FINDINGS = 3
    PREFLIGHT_UNREACHABLE = 4
