"""The transcript: everything that is said, with its times and its sources, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import Timeline


def write_transcript(storyboard: Storyboard, timeline: Timeline | None = None) -> str:
    """Return the transcript; without a timeline (a lesson to read), without times.

    Sentences carry the numbers of the sources that they rest on.
    """
    return "\n".join(_lines(storyboard, timeline)) + "\n"


def _lines(storyboard: Storyboard, timeline: Timeline | None) -> Iterator[str]:
    yield f"# {storyboard.title}"
    yield ""
    yield f"{storyboard.objective}"
    numbers = {source.source_id: number for number, source in enumerate(storyboard.sources, 1)}
    for index, scene in enumerate(storyboard.scenes):
        if not scene.teaches:
            continue  # the list of sources below says all that is on it, and more
        time = f" ({clock(timeline.scenes[index].start)})" if timeline else ""
        yield ""
        yield f"## {scene.title}{time}"
        yield ""
        if scene.display:
            yield f"> {scene.display}"
            yield ""
        if scene.visual:
            yield f"*{scene.visual.description}*"
            yield ""
        yield " ".join(
            sentence.text + "".join(f" [{numbers[one]}]" for one in sentence.source_ids)
            for sentence in scene.sentences
        )
    yield ""
    yield from source_lines(storyboard, timeline)


def source_lines(storyboard: Storyboard, timeline: Timeline | None = None) -> Iterator[str]:
    """Yield the list of sources, by the numbers that sentences carry, with their card's time."""
    cards = [placed for placed in timeline.scenes if not placed.scene.teaches] if timeline else []
    yield "## Sources" + "".join(f" ({clock(card.start)})" for card in cards)
    yield ""
    for number, source in enumerate(storyboard.sources, 1):
        where = f" <{source.url}>" if source.url else ""
        yield f"{number}. {source.credit}{where}"


def clock(seconds: float) -> str:
    """Return a time as players show it: minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
