"""Reads a WebVTT caption track back, so that rows judge the file and not its plan."""

from __future__ import annotations

import re

from worker.lessons.quality.evidence import ReadCue

_TIMES = re.compile(r"(\d+):(\d\d):(\d\d\.\d{3}) --> (\d+):(\d\d):(\d\d\.\d{3})")


def read_captions(text: str) -> tuple[ReadCue, ...]:
    """Return the cues of a WebVTT file.

    Raises:
        ValueError: It is no WebVTT file.
    """
    header, *blocks = text.replace("\r\n", "\n").split("\n\n")
    if not header.startswith("WEBVTT"):
        raise ValueError("the captions do not begin with WEBVTT")
    return tuple(cue for block in blocks if (cue := _cue(block)) is not None)


def _cue(block: str) -> ReadCue | None:
    lines = block.strip().split("\n")
    for number, line in enumerate(lines):
        if times := _TIMES.match(line):
            shown = tuple(_unescape(one) for one in lines[number + 1 :] if one)
            return ReadCue(_seconds(*times.groups()[:3]), _seconds(*times.groups()[3:]), shown)
    return None


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _unescape(line: str) -> str:
    return line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
