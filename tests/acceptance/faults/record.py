"""What the scenarios found, kept line by line for docs/reliability.md."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

RECORD = "FAULT_RECORD"
"""Names the file; without it nothing is kept."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done, and where.

    Attributes:
        chapter: The table that it belongs to.
        done: What goes wrong.
        where: The point at which it does.
    """

    chapter: str
    done: str
    where: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the judge saw after it.

    Attributes:
        ends: How the requests ended: a status for each.
        claims: How often they were claimed in all.
        copies: How often the platform heard of each end, at most.
        failed_attempts: What was counted against the requests.
    """

    ends: tuple[str, ...]
    claims: int
    copies: int
    failed_attempts: int


def keep(scenario: Scenario, found: Found) -> None:
    """Append a row to the record, where one is wanted."""
    if path := os.environ.get(RECORD):
        with Path(path).open("a", encoding="utf-8") as record:
            record.write(json.dumps(asdict(scenario) | asdict(found)) + "\n")
