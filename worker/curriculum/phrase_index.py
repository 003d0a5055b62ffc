"""Scores topics by the words that a question shares with their phrases.

Each word is weighed by how few topics use it, so that "hypotenuse" says more than "law".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from worker.curriculum.wording import stems

SPELLING_SCORE = 80
"""rapidfuzz's ratio from which a word counts as a misspelling of a known one with the same first
letter ("revolution" is not "evolution"). (ours, set on the tuning queries)"""

SHORTEST_MISSPELLING = 5
UNKNOWN_WORD_WEIGHT = 1.0
"""What a word that no topic uses counts against every topic. (ours, likewise)"""


@dataclass(frozen=True, slots=True)
class _Phrase:
    topic_number: int
    stems: frozenset[str]
    weight: float


class PhraseIndex:
    """The phrases of all topics, ready to be compared with questions."""

    def __init__(self, phrases_by_topic: Sequence[Iterable[str]]) -> None:
        self._topic_count = len(phrases_by_topic)
        found = [
            (number, frozenset(stems(phrase)))
            for number, phrases in enumerate(phrases_by_topic)
            for phrase in phrases
        ]
        self._weights = _weigh(found, self._topic_count)
        self._vocabulary = tuple(self._weights)
        self._phrases = tuple(
            _Phrase(number, words, sum(self._weights[word] for word in words))
            for number, words in found
            if words
        )

    def scores(self, question: str) -> tuple[float, ...]:
        """Return a score from 0 to 1 for each topic, in order: that of its best phrase.

        A phrase's score is the weight it shares with the question over the mean of both weights
        (a Dice coefficient).
        """
        words = {self._spelled(word) for word in stems(question)}
        asked = sum(self._weights.get(word, UNKNOWN_WORD_WEIGHT) for word in words)
        best = [0.0] * self._topic_count
        for phrase in self._phrases:
            shared = sum(self._weights[word] for word in words & phrase.stems)
            score = 2 * shared / (phrase.weight + asked)
            best[phrase.topic_number] = max(best[phrase.topic_number], score)
        return tuple(best)

    def _spelled(self, word: str) -> str:
        if word in self._weights or len(word) < SHORTEST_MISSPELLING:
            return word
        alike = [known for known in self._vocabulary if known[0] == word[0]]
        close = process.extractOne(word, alike, scorer=fuzz.ratio, score_cutoff=SPELLING_SCORE)
        return close[0] if close else word


def _weigh(found: Sequence[tuple[int, frozenset[str]]], topic_count: int) -> dict[str, float]:
    pairs = {(number, word) for number, words in found for word in words}
    topics_using = Counter(word for _, word in sorted(pairs))
    return {word: math.log(1 + topic_count / used) for word, used in topics_using.items()}
