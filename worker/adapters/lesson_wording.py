"""What differs between the interests of a topic, and how long it is at most and at least."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from worker.adapters.lesson_lines import Line, Part

WRAPPER = frozenset({Part.HOOK, Part.RECALL, Part.MAPPING})
"""What an interest words; everything else is the core that all interests share."""

_Place = tuple[Part, int]


@dataclass(frozen=True, slots=True)
class Wording:
    """The lines of a topic, as one interest tells them and at their extremes.

    Attributes:
        longest: Everything that a lesson may say, with the longest words of any analogy.
        shortest: The shortest words for each place that every analogy fills.
        wordiest: The most words for each place.
        told: This lesson's own.
    """

    longest: tuple[Line, ...]
    shortest: Mapping[_Place, Line]
    wordiest: Mapping[_Place, Line]
    told: Mapping[_Place, Line]

    def at_shortest(self, lines: Iterable[Line]) -> list[Line]:
        """Return lines with the shortest words that an analogy has for them."""
        return _reworded(lines, self.shortest)

    def at_wordiest(self, lines: Iterable[Line]) -> list[Line]:
        """Return lines with the most words that an analogy has for them."""
        return _reworded(lines, self.wordiest)

    def as_told(self, lines: Iterable[Line]) -> list[Line]:
        """Return lines in the words of this lesson's interest."""
        return _reworded(lines, self.told)


def word_for(
    told: Sequence[Line], tellings: Sequence[Sequence[Line]], seconds: Callable[[Line], float]
) -> Wording:
    """Compare how analogies tell a topic.

    Args:
        told: Everything that this lesson may say.
        tellings: The same with each analogy of the topic.
        seconds: How long a line takes to say.
    """
    own: dict[_Place, list[Line]] = {}
    for line in (line for telling in tellings for line in telling if line.part in WRAPPER):
        own.setdefault((line.part, line.priority), []).append(line)
    shared = {place: lines for place, lines in own.items() if len(lines) == len(tellings)}
    fullest = max(tellings, key=len)
    longest = {place: max(lines, key=seconds) for place, lines in own.items()}
    return Wording(
        longest=tuple(_reworded(fullest, longest)),
        shortest={place: min(lines, key=seconds) for place, lines in shared.items()},
        wordiest={place: max(lines, key=_word_count) for place, lines in own.items()},
        told={(line.part, line.priority): line for line in told if line.part in WRAPPER},
    )


def _word_count(line: Line) -> int:
    return len(line.sentence.text.split())


def _reworded(lines: Iterable[Line], words: Mapping[_Place, Line]) -> list[Line]:
    """Return lines in other words; the silence after a sentence stays, and so does the core."""
    found = []
    for line in lines:
        other = words.get((line.part, line.priority)) if line.part in WRAPPER else line
        if other is not None:
            said = replace(other.sentence, pause_after=line.sentence.pause_after)
            found.append(replace(other, sentence=said))
    return found
