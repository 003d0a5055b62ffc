"""Descriptions: what is on the screen and not said, as a WebVTT track for those who cannot see it.

Browsers hand the cues of a track of kind ``descriptions`` to a screen reader when they begin. The
narration names every part of a visual (WCAG 2.1, 1.2.5); the track adds what a listener would
miss: a scene's title, what is shown large, and the whole of a visual where its first part is
named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.lessons.captions import escape, timestamp
from worker.lessons.timeline import PlacedScene, Timeline


@dataclass(frozen=True, slots=True)
class Description:
    """A text, and when what it describes appears and leaves, in seconds from the start."""

    start: float
    end: float
    text: str


def descriptions(timeline: Timeline) -> tuple[Description, ...]:
    """Describe every scene: its title at its start, then what appears, in order of time."""
    count = len(timeline.scenes)
    return tuple(
        description
        for number, placed in enumerate(timeline.scenes, start=1)
        for description in sorted(_of(placed, number, count), key=lambda one: one.start)
    )


def write_descriptions(timeline: Timeline) -> str:
    """Return the descriptions as a WebVTT file."""
    blocks = ["WEBVTT"]
    blocks += [
        f"{number}\n{timestamp(one.start)} --> {timestamp(one.end)}\n{escape(one.text)}"
        for number, one in enumerate(descriptions(timeline), start=1)
    ]
    return "\n\n".join(blocks) + "\n"


def _of(placed: PlacedScene, number: int, count: int) -> Iterator[Description]:
    scene = placed.scene
    yield Description(placed.start, placed.end, f"Scene {number} of {count}: {scene.title}.")
    if scene.sources:
        named = "; ".join(source.credit for source in scene.sources)
        yield Description(placed.start, placed.end, f"{named}.")
    if scene.display:
        start = placed.start + placed.sentences[scene.display_sentence_index].start
        yield Description(start, placed.end, f"Shown large: {scene.display}.")
    if scene.visual is not None:
        start = placed.start + min(
            placed.sentences[cue.sentence_index].words[cue.word_index].start
            for cue in scene.part_cues
        )
        yield Description(start, placed.end, scene.visual.description)
