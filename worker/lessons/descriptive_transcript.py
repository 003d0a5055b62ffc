"""The descriptive transcript: what is said and what is seen, in one text, in the order of time.

Who can neither watch nor listen reads the whole lesson in it (WCAG 2.1, 1.2.8): a braille display
takes it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.lessons.descriptions import descriptions
from worker.lessons.storyboard import Storyboard
from worker.lessons.timeline import PlacedScene, Timeline
from worker.lessons.transcript import clock, source_lines


def write_descriptive_transcript(storyboard: Storyboard, timeline: Timeline) -> str:
    """Return what is said and what is seen as Markdown, each with its time.

    What is seen stands in square brackets, before the words that it comes with: a scene's title,
    what is shown large, every bullet, and the description of a visual.
    """
    return "\n".join(_lines(storyboard, timeline)) + "\n"


def _lines(storyboard: Storyboard, timeline: Timeline) -> Iterator[str]:
    yield f"# {storyboard.title}: descriptive transcript"
    yield ""
    yield storyboard.objective
    for placed in timeline.scenes:
        if not placed.scene.teaches:
            continue  # the list of sources below says all that is on it, and more
        yield ""
        yield f"## {placed.scene.title} ({clock(placed.start)})"
        for _, text in sorted(_events(placed), key=lambda one: one[0]):
            yield ""
            yield text
    yield ""
    yield from source_lines(storyboard, timeline)


def _events(placed: PlacedScene) -> Iterator[tuple[float, str]]:
    """What is seen before what is said at the same time: the order here is kept."""
    alone = Timeline((placed,))
    for one in descriptions(alone)[1:]:  # the first is the title, which is the heading here
        yield _start_of_sentence(placed, one.start), _seen(one.start, one.text)
    for bullet in placed.scene.bullets:
        words = placed.sentences[bullet.sentence_index].words
        start = placed.start + words[bullet.cue_word_index].start
        shown = f"On the screen: {bullet.text}"
        yield _start_of_sentence(placed, start), _seen(start, shown)
    for sentence in placed.sentences:
        start = placed.start + sentence.start
        yield start, f"{clock(start)} {sentence.text}"


def _start_of_sentence(placed: PlacedScene, second: float) -> float:
    """The start of the sentence that is spoken at a time: its picture is told before it."""
    starts = [placed.start + one.start for one in placed.sentences]
    return max((start for start in starts if start <= second), default=placed.start)


def _seen(second: float, text: str) -> str:
    ended = text if text.endswith((".", "!", "?")) else f"{text}."
    return f"{clock(second)} [{ended}]"
