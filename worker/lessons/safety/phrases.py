"""Phrases of a word list, and the words of a question as they are compared with them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

GAP = "..."
END = "$"
MOST_WORDS_BETWEEN = 3

_READ_AS = str.maketrans("013457@$!", "oieastasi")
"""Digits and signs that stand for letters inside a word: k1ll, s3x, a$$."""

_SPELT = re.compile(r"\b(?:[a-z] ){2,}[a-z]\b")
_TOKEN = re.compile(r"[a-z0-9@$!]+")
_APOSTROPHES = re.compile(r"['`\u00b4\u2018\u2019]")
_MANY = re.compile(r"(.)\1{2,}")


class WordListError(ValueError):
    """A word list cannot be used."""


def spellings(text: str) -> tuple[str, ...]:
    """Return the words of a text, with a space around each, as they may be meant.

    A letter that stands three times or more counts once in one spelling and twice in the other.
    """
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    bare = _APOSTROPHES.sub("", bare)
    words = " ".join(_as_word(token) for token in _TOKEN.findall(bare))
    words = _SPELT.sub(lambda found: found[0].replace(" ", ""), words)
    forms = (_MANY.sub(r"\1", words), _MANY.sub(r"\1\1", words))
    return tuple(dict.fromkeys(f" {' '.join(form.split())} " for form in forms))


def _as_word(token: str) -> str:
    """Read the digits and signs within a word as letters; leave numbers and signs alone."""
    word = token.rstrip("!")
    if any(sign.isalpha() for sign in word) and any(sign in "013457@$!" for sign in word):
        word = word.translate(_READ_AS)
    return re.sub(r"[^a-z0-9]+", " ", word)


def compiled(
    phrases: Iterable[str], groups: Mapping[str, Sequence[str]]
) -> tuple[re.Pattern[str], ...]:
    """Return what finds each phrase in a spelling.

    Raises:
        WordListError: A phrase names a group that is none, or holds a sign that is no rule.
    """
    return tuple(re.compile(_pattern(phrase, groups)) for phrase in phrases)


def _pattern(phrase: str, groups: Mapping[str, Sequence[str]]) -> str:
    pattern = " "
    for part in phrase.split():
        if part == GAP:
            pattern += f"(?:[a-z0-9]+ ){{0,{MOST_WORDS_BETWEEN}}}"
        elif part == END:
            pattern += "$"
        else:
            ways = [way for one in part.split("|") for way in _ways(one, groups)]
            pattern += f"(?:{'|'.join(ways)}) "
    return pattern


def _ways(one: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    if one.startswith("<") and one.endswith(">"):
        if one[1:-1] not in groups:
            raise WordListError(f"there is no group {one}")
        return [way for member in groups[one[1:-1]] for way in _ways(member, groups)]
    stem = one.removesuffix("*").replace("_", " ")
    if not re.fullmatch(r"[a-z0-9]+(?: [a-z0-9]+)*", stem):
        raise WordListError(f"{one!r} holds more than letters, digits and the list's own signs")
    return [stem + ("[a-z]*" if one.endswith("*") else "")]
