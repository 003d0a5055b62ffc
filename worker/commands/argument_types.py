"""What the values of arguments may be; each refuses in one sentence what it cannot use."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from uuid import UUID

from worker.lessons.request import LONGEST_STUDENT_ID, MAX_DURATION_SECONDS, MIN_DURATION_SECONDS

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def query(text: str) -> str:
    """Return a question, without the space around it."""
    stripped = text.strip()
    if not 3 <= len(stripped) <= 500:  # noqa: PLR2004  # the bounds of RequestMessage
        raise argparse.ArgumentTypeError(
            f"a question has 3-500 characters, this one has {len(stripped)}"
        )
    return stripped


def duration(text: str) -> int:
    """Return a lesson's length in seconds."""
    seconds = int(text) if text.isdecimal() else 0
    if not MIN_DURATION_SECONDS <= seconds <= MAX_DURATION_SECONDS:
        raise argparse.ArgumentTypeError(
            f"a lesson lasts {MIN_DURATION_SECONDS}-{MAX_DURATION_SECONDS} s, not {text}"
        )
    return seconds


def student(text: str) -> str:
    """Return an id of the platform's."""
    if not 0 < len(text) <= LONGEST_STUDENT_ID:
        raise argparse.ArgumentTypeError(
            f"an id has 1-{LONGEST_STUDENT_ID} characters, this one has {len(text)}"
        )
    return text


def any_id(text: str) -> UUID:
    """Return an id of ours."""
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no id; it looks like 123e4567-e89b-12d3-a456-426614174000"
        ) from None


def short_age(text: str) -> timedelta:
    """Return how long ago something was."""
    found = re.fullmatch(r"([1-9]\d{0,4})([mhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no age; write 30m, 12h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def positive(text: str) -> int:
    """Return a count."""
    if not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 999999")
    return int(text)
