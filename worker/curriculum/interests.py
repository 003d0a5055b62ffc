"""Finds the interests that a student names."""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process

from worker.curriculum.models import Analogy, Curriculum, Interest, Topic

SPELLING_SCORE = 84
"""rapidfuzz's ratio from which a misspelled synonym counts ("basktball"). (ours)"""

SHORTEST_MISSPELLING = 6


def match_interests(curriculum: Curriculum, text: str | None) -> tuple[Interest, ...]:
    """Return the interests that a text names, in its order; none where it names none known.

    The longest synonym wins ("hip hop dance" is dance, not music).
    """
    words = tuple(re.findall(r"[a-z0-9]+", (text or "").lower()))
    synonyms = {
        tuple(synonym.split()): interest
        for interest in curriculum.interests
        for synonym in (*interest.synonyms, interest.label)
    }
    longest = max(map(len, synonyms), default=0)
    found: list[Interest] = []
    position = 0
    while position < len(words):
        for length in range(longest, 0, -1):
            interest = _named(words[position : position + length], synonyms)
            if interest is not None:
                found.append(interest)
                position += length - 1
                break
        position += 1
    return tuple(dict.fromkeys(found))


def choose_analogy(curriculum: Curriculum, topic: Topic, text: str | None) -> Analogy:
    """Take the first interest that a text names and the topic has an analogy for."""
    named = match_interests(curriculum, text)
    fitting = (topic.analogy(one.id) for one in named)
    return next((analogy for analogy in fitting if analogy is not None), topic.everyday)


def _named(words: tuple[str, ...], synonyms: dict[tuple[str, ...], Interest]) -> Interest | None:
    if words in synonyms:
        return synonyms[words]
    written = " ".join(words)
    if len(written) < SHORTEST_MISSPELLING:
        return None
    spelled = {
        " ".join(key): interest for key, interest in synonyms.items() if len(key) == len(words)
    }
    close = process.extractOne(
        written, list(spelled), scorer=fuzz.ratio, score_cutoff=SPELLING_SCORE
    )
    return spelled[close[0]] if close else None
