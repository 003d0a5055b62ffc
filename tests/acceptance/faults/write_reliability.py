"""Writes docs/reliability.md from the record of a run: `just faults` calls it.

python -m tests.acceptance.faults.write_reliability RECORD
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FAULTS = Path(__file__).parent
TARGET = FAULTS.parents[2] / "docs" / "reliability.md"
TEXT = FAULTS / "reliability.md"
TABLES = "<!-- tables -->\n"


def main(record: Path) -> None:
    """Read the rows of a run and put their tables into the document."""
    rows = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    chapters: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        chapters.setdefault(row["chapter"], []).append(row)
    tables = "\n".join(table(chapter, found) for chapter, found in chapters.items())
    text = TEXT.read_text("utf-8").replace("<!-- count -->", str(len(rows)))
    TARGET.write_text(text.replace(TABLES, tables), encoding="utf-8")


def table(chapter: str, rows: Sequence[dict[str, Any]]) -> str:
    """Return one chapter."""
    lines = [
        f"### {chapter}\n",
        "| what was done | where | what was found |",
        "|---|---|---|",
        *(f"| {row['done']} | {row['where']} | {found(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def found(row: dict[str, Any]) -> str:
    """Say what the judge saw, in words."""
    ends: list[str] = row["ends"]
    if not ends:
        return "one dead letter"
    said = [ends[0] if len(ends) == 1 else f"{len(ends)} requests, each {' or '.join(set(ends))}"]
    said.append(f"{row['claims']} claim{'s' if row['claims'] != 1 else ''}")
    copies = row["copies"]
    said.append("its event heard once" if copies == 1 else f"its event heard up to {copies} times")
    if row["failed_attempts"]:
        said.append(f"{row['failed_attempts']} failed attempt{'s' * (row['failed_attempts'] > 1)}")
    return ", ".join(said)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
