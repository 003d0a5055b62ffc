"""Chapters: one for each scene, as WebVTT."""

from __future__ import annotations

from worker.lessons.captions import escape, timestamp
from worker.lessons.timeline import Timeline


def write_chapters(timeline: Timeline) -> str:
    """Return the scenes' titles and times as a WebVTT chapter file."""
    blocks = ["WEBVTT"]
    blocks += [
        f"{number}\n{timestamp(placed.start)} --> {timestamp(placed.end)}\n"
        f"{escape(placed.scene.title)}"
        for number, placed in enumerate(timeline.scenes, start=1)
    ]
    return "\n\n".join(blocks) + "\n"
