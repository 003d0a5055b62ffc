"""Rows about the lines on screen, against what is said beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.lessons.quality.evidence import Told
from worker.lessons.quality.report import Failure, Reading, Row, counted, worst_above
from worker.lessons.quality.text_rows import opening_text
from worker.lessons.quality.words import stems, trigrams
from worker.lessons.storyboard import Bullet, Scene

BULLET_WORDS = 8
SHARED_TRIGRAMS = 0.5
_SLACK = 1e-9
_CLEARLY = 2
"""Words that a sentence shares with a bullet that is surely its own."""


@dataclass(frozen=True, slots=True)
class _Line:
    scene: Scene
    bullet: Bullet
    second: float | None


def _lines(told: Told) -> Iterator[_Line]:
    for number, scene in enumerate(told.storyboard.scenes):
        for bullet in scene.bullets:
            index = min(bullet.sentence_index, len(scene.sentences) - 1)
            yield _Line(scene, bullet, told.second(number, max(0, index)))


def _words(told: Told) -> Reading:
    found = []
    for line in _lines(told):
        count = len(line.bullet.text.split())
        what = f"{count} words: {line.bullet.text!r}"
        found.append((float(count), Failure(what, line.second)))
    return worst_above(found, BULLET_WORDS)


def _trigrams(told: Told) -> Reading:
    """The share of a bullet's trigrams that the narration of the lesson says, too."""
    spoken: frozenset[tuple[str, ...]] = frozenset().union(
        *(trigrams(said.sentence.text) for said in told.sentences())
    )
    found = []
    for line in _lines(told):
        own = trigrams(line.bullet.text)
        share = len(own & spoken) / len(own) if own else 0.0
        what = f"{share:.0%} is read out: {line.bullet.text!r}"
        found.append((share, Failure(what, line.second)))
    return worst_above(found, SHARED_TRIGRAMS - _SLACK)


def _sentence(told: Told) -> Reading:
    """A bullet stands at a sentence that shares a word with it, or beside one that does.

    A bullet in other words than the narration's (digits, a formula) shares too few with any
    sentence, and passes: nothing contradicts its place. So does one in words of the opening
    question beside a question, which takes that one up again.
    """
    failures = []
    opening = stems(opening_text(told.storyboard))
    for line in _lines(told):
        own = stems(line.bullet.text)
        shared = [len(own & stems(one.text)) for one in line.scene.sentences]
        here = line.bullet.sentence_index
        if not 0 <= here < len(shared):
            failures.append(Failure(f"no sentence for {line.bullet.text!r}", line.second))
        elif line.scene.sentences[here].text.endswith("?") and own & opening:
            continue
        elif not any(shared[max(0, here - 1) : here + 2]) and max(shared) >= _CLEARLY:
            what = f"another sentence says {line.bullet.text!r}"
            failures.append(Failure(what, line.second))
    return counted(failures)


BULLET_ROWS: tuple[Row[Told], ...] = (
    Row("bullet-words", "8 or fewer", "words", _words),
    Row("bullet-trigrams", "under 50% are spoken", "share", _trigrams),
    Row("bullet-sentence", "shown with the sentence that says it", "bullets", _sentence),
)
"""What needs no more than the storyboard."""
