"""Vectors of texts by the words in them: texts that share words are near."""

from __future__ import annotations

import hashlib
import math
import re


def word_vector(text: str, dimensions: int) -> tuple[float, ...]:
    """Return a vector of length 1; a word counts in one of the dimensions."""
    counts = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [text]:
        digest = hashlib.sha256(word.encode()).digest()
        counts[int.from_bytes(digest[:4], "big") % dimensions] += 1.0
    length = math.hypot(*counts)
    return tuple(count / length for count in counts)
