"""Whether what a sentence says stands in the passages that it names."""

from __future__ import annotations

from collections.abc import Iterable

from worker.lessons.quality.words import stems

LEAST_SHARE = 0.2
"""The share of a sentence's words that its passages have to speak of. Set on the curriculum, where
one topic's two wordings stand for a text and its paraphrase: tests/unit/lessons/test_support.py
counts what it lets through and what it stops. (ours)"""


def is_supported(sentence: str, texts: Iterable[str]) -> bool:
    """Tell whether enough of the sentence's words stand in the texts.

    It compares stems of words, so that it finds what was made up or put under the wrong
    passage; it cannot find a claim that is turned round in the same words.
    """
    own = stems(sentence)
    there = frozenset[str]().union(*(stems(text) for text in texts))
    return not own or len(own & there) >= LEAST_SHARE * len(own)
