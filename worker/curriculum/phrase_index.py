"""Scores topics by the words that a question shares with their phrases.

Each word is weighed by how few topics use it, so that "hypotenuse" says more than "law". Words
that stand only in whole questions weigh half: "energy" in "how do plants get energy" is incidental.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from worker.curriculum.wording import stems

SPELLING_SCORE = 80
"""rapidfuzz's ratio from which a word counts as a misspelling of a known one with the same first
letter ("revolution" is not "evolution"). (ours, set on the tuning queries)"""

SHORTEST_MISSPELLING = 5

SHORT_WORD = 5
SHORT_WORD_SPELLING_SCORE = 90
"""The same for words of up to five letters, of which many are one letter apart; swapped letters
are always a misspelling. (ours, likewise)"""

SHORTEST_COMPOUND_PART = 3

UNKNOWN_WORD_WEIGHT = 1.0
"""What a word that no topic uses counts against every topic. (ours, likewise)"""

INCIDENTAL_FACTOR = 0.5
"""What a word counts that stands only in whole questions. (ours, likewise)"""

SCATTERED_TRUST = 0.8
"""How far words that stand in different phrases of a topic are trusted, against words that stand
in one. (ours, likewise)"""

FEWEST_SHARED = 2
"""So many words must be shared with a phrase that has as many, or be scattered over a topic.
(ours)"""


@dataclass(frozen=True, slots=True)
class TopicPhrases:
    """How students ask for one topic.

    Attributes:
        names: Phrases each of which means it.
        questions: Whole questions.
        others: Phrases that share its words and mean something else.
    """

    names: tuple[str, ...]
    questions: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    stems: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class _Entry:
    phrases: tuple[_Phrase, ...]
    own: frozenset[str]
    all: frozenset[str]
    others: tuple[frozenset[str], ...]


class PhraseIndex:
    """The phrases of all topics, ready to be compared with questions.

    Args:
        topics: How students ask for each topic.
        other_words: Words that are spelled right and name no topic: what students like.
    """

    def __init__(self, topics: Sequence[TopicPhrases], other_words: Sequence[str] = ()) -> None:
        self._other_words = frozenset(word for text in other_words for word in stems(text))
        names = [_stem_sets(topic.names) for topic in topics]
        questions = [_stem_sets(topic.questions) for topic in topics]
        self._weights = _weigh(names, questions)
        self._entries = tuple(
            self._entry(found, asked, topic.others)
            for found, asked, topic in zip(names, questions, topics, strict=True)
        )

    def scores(self, question: str) -> tuple[float, ...]:
        """Return a score from 0 to 1 for each topic, in order.

        It is the better of two: the best phrase's (the weight it shares with the question over
        the mean of both weights, a Dice coefficient), and the share of the question's weight
        that the topic's words cover, if two or more do and one of them is in a name. It is 0
        where the question holds a phrase that means something else.
        """
        written = stems(question)
        words = frozenset(part for word in written for part in self._spelled(word))
        asked = sum(self._weights.get(word, UNKNOWN_WORD_WEIGHT) for word in sorted(words))
        held = words | set(written)
        return tuple(
            0.0
            if any(other <= held for other in entry.others)
            else max(self._best_phrase(entry, words, asked), self._scattered(entry, words, asked))
            for entry in self._entries
        )

    def _entry(
        self,
        names: Sequence[frozenset[str]],
        questions: Sequence[frozenset[str]],
        others: Sequence[str],
    ) -> _Entry:
        phrases = [_Phrase(words, self._weight(words)) for words in (*names, *questions)]
        own = frozenset().union(*names)
        return _Entry(tuple(phrases), own, own.union(*questions), tuple(_stem_sets(others)))

    def _best_phrase(self, entry: _Entry, words: AbstractSet[str], asked: float) -> float:
        return max(
            (
                2 * self._weight(words & phrase.stems) / (phrase.weight + asked)
                for phrase in entry.phrases
                if len(words & phrase.stems) >= min(FEWEST_SHARED, len(phrase.stems))
            ),
            default=0.0,
        )

    def _scattered(self, entry: _Entry, words: AbstractSet[str], asked: float) -> float:
        shared = words & entry.all
        if len(shared) < FEWEST_SHARED or not shared & entry.own:
            return 0.0
        return SCATTERED_TRUST * self._weight(shared) / asked

    def _weight(self, words: AbstractSet[str]) -> float:
        return sum(self._weights[word] for word in sorted(words))

    def _spelled(self, word: str) -> tuple[str, ...]:
        """Return the known words that a word means: itself, its two parts, or the likest one."""
        known = word in self._weights or word in self._other_words
        if known or len(word) < SHORTEST_MISSPELLING:
            return (word,)
        for end in range(SHORTEST_COMPOUND_PART, len(word) - SHORTEST_COMPOUND_PART + 1):
            if word[:end] in self._weights and word[end:] in self._weights:
                return (word[:end], word[end:])
        alike = [candidate for candidate in self._weights if candidate[0] == word[0]]
        swapped = [candidate for candidate in alike if sorted(candidate) == sorted(word)]
        if swapped:
            return (swapped[0],)
        needed = SHORT_WORD_SPELLING_SCORE if len(word) <= SHORT_WORD else SPELLING_SCORE
        close = process.extractOne(word, alike, scorer=fuzz.ratio, score_cutoff=needed)
        return (close[0],) if close else (word,)


def _stem_sets(phrases: Sequence[str]) -> list[frozenset[str]]:
    return [found for phrase in phrases if (found := frozenset(stems(phrase)))]


def _weigh(
    names: Sequence[Sequence[frozenset[str]]], questions: Sequence[Sequence[frozenset[str]]]
) -> dict[str, float]:
    own = [frozenset().union(*found) for found in names]
    everything = [
        frozenset().union(words, *asked) for words, asked in zip(own, questions, strict=True)
    ]
    topics_using = Counter(word for words in everything for word in sorted(words))
    named = frozenset().union(*own)
    return {
        word: math.log(1 + len(names) / used) * (1.0 if word in named else INCIDENTAL_FACTOR)
        for word, used in topics_using.items()
    }
