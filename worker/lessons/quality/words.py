"""Words of texts, as far as rows compare them."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_ENDINGS = ("'s", "ing", "ed", "es", "s", "ly")
_SHORTEST_STEM = 3
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a about an and are as at be been both but by can could did do does each every for from "
        "had has have how if in into is it its itself just many more most much no not now of on "
        "one or other our out over so some such than that the their them then there these they "
        "this those to too two up us very was we were what when where which while who why will "
        "with would you your i my he she his her all any let makes make",
    )
)
"""Words that say nothing about what a text is about."""


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))


def trigrams(text: str) -> frozenset[tuple[str, ...]]:
    """Every three words in a row."""
    found = words_of(text)
    return frozenset(zip(found, found[1:], found[2:], strict=False))


def stems(text: str) -> frozenset[str]:
    """The stems of the words that say what a text is about."""
    return frozenset(_stem(word) for word in words_of(text) if word not in _EMPTY)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= _SHORTEST_STEM:
            return bare.removesuffix("e") if len(bare) > _SHORTEST_STEM else bare
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word
