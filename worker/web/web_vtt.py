"""Reading the WebVTT files that we write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

_TIMES = re.compile(r"(\d{2,}):(\d{2}):(\d{2}\.\d{3}) --> (\d{2,}):(\d{2}):(\d{2}\.\d{3}).*")


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that is shown for a while; times in seconds."""

    start: float
    end: float
    text: str


def read_cues(content: str) -> tuple[Cue, ...]:
    """Return the cues of a file, as plain text on one line each."""
    cues = []
    for block in content.replace("\r\n", "\n").split("\n\n"):
        lines = block.strip().split("\n")
        at = next((at for at, line in enumerate(lines) if _TIMES.fullmatch(line)), None)
        if at is None:
            continue
        found = _TIMES.fullmatch(lines[at])
        if found is not None:
            text = unescape(re.sub(r"<[^>]*>", "", " ".join(lines[at + 1 :])))
            cues.append(Cue(_seconds(*found.groups()[:3]), _seconds(*found.groups()[3:]), text))
    return tuple(cues)


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
