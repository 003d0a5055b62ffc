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
        time = f" ({_clock(timeline.scenes[index].start)})" if timeline else ""
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
    yield "## Sources"
    yield ""
    for source in storyboard.sources:
        where = f"{source.title}, {source.chapter}" if source.chapter else source.title
        yield f"{numbers[source.source_id]}. {where} ({source.licence})"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
