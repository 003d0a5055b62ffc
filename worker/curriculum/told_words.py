"""Scores topics by the words that their lessons say, for questions that hold no phrase of any.

"How do submarines dive" holds no name of a topic; the lesson on floating speaks of submarines. A
word says more the fewer topics tell of it, and more where a topic tells of it again and again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from worker.curriculum.phrase_index import Fit
from worker.curriculum.wording import stems

FIRST_MENTION = 0.6
FURTHER_MENTION = 0.2
"""What a word counts that a topic says once, and what each further time adds, up to 1. (ours, set
on the development queries)"""

UNTOLD_WORD_WEIGHT = 3.0
"""What a word that no lesson says counts against every topic. (ours, likewise)"""


class ToldWords:
    """What the lessons of all topics say, ready to be compared with questions.

    Args:
        told: The sentences of each topic.
        likes: What students like: it never chooses a topic.
    """

    def __init__(self, told: Sequence[Sequence[str]], likes: Sequence[str]) -> None:
        liked = {word for like in likes for word in stems(like)}
        self._mentions = [
            Counter(word for text in sentences for word in stems(text) if word not in liked)
            for sentences in told
        ]
        telling = Counter(word for mentions in self._mentions for word in mentions)
        self._weights = {word: math.log(1 + len(told) / used) for word, used in telling.items()}

    def fits(self, question: str) -> tuple[Fit, ...]:
        """Return for each topic, in order, the share of the question's weight that it tells of."""
        words = stems(question)
        asked = sum(self._weights.get(word, UNTOLD_WORD_WEIGHT) for word in words)
        return tuple(self._fit(mentions, words, asked) for mentions in self._mentions)

    def _fit(self, mentions: Counter[str], words: Sequence[str], asked: float) -> Fit:
        found = [word for word in words if word in mentions]
        trust = {word: FIRST_MENTION + FURTHER_MENTION * mentions[word] for word in found}
        told = sum(self._weights[word] * min(1.0, trust[word]) for word in found)
        return Fit(told / asked if asked else 0.0, frozenset(found))
