"""Turns what students write into comparable word stems."""

from __future__ import annotations

import re
from types import MappingProxyType

_STOPWORDS = frozenset(
    word
    for line in (
        "a about all also am an and any are as ask at be because been being but by can cannot",
        "class could definition describe did do doe does doing done dont exactly exam example",
        "explain explanation find for from get give got had has have hello help hey hi him his",
        "homework how i if im in into is it its just know lesson let like love learn make me mean",
        "meaning my need no not of on one or our over plz please pls question really related",
        "relationship same show so some study stuff teach tell than thank that the their them then",
        "there they thing this to too topic understand up us use very want was way we were what",
        "whats when where which who why will with word work would you your vs versus between",
        "difference different diffrence function out off put take come go going look day happen",
        "happens people u ur w n called call new good best physics chemistry biology math science",
        "maths much many lot more most need needed whole each other",
    )
    for word in line.split()
)

_REPLACEMENTS = MappingProxyType(
    {
        "leaves": "leaf",
        "halves": "half",
        "1st": "first",
        "2nd": "second",
        "3rd": "third",
        "pythagoras": "pythagorean",
    }
)

_MOLECULES = r"\d*[A-Z][A-Za-z0-9]*(?:\s*\+\s*\d*[A-Z][A-Za-z0-9]*)*"
_WRITTEN_NOTATIONS = (
    (re.compile(r"\b6\s*CO2\b.*|\bCO2\s*\+\s*H2O\b.*"), " photosynthesis "),
    (re.compile(rf"{_MOLECULES}\s*(?:-+>|=>|→)\s*{_MOLECULES}"), " balance chemical equation "),
)
"""Formulas that are told by their capital letters."""

_SQUARE = r"\s*(?:\^\s*2|²|2\b| squared)"
_NOTATIONS = (
    (re.compile(rf"\be\s*=\s*mc{_SQUARE}"), " relativity "),
    (re.compile(rf"(?:1\s*/\s*2|½|half)?\s*(?:\*\s*)?m\s*\*?\s*v{_SQUARE}"), " kinetic energy "),
    (re.compile(r"\b([bt])[\s-]cells?\b"), r" \1cell "),
    (re.compile(r"\b3[\s,-]+4[\s,-]+5\b"), " pythagorean triple "),
    (re.compile(r"\bm\s*/\s*s\s*(?:\^\s*2|²|2\b)"), " acceleration "),
    (re.compile(r"\bm\s*/\s*s\b"), " meters per second "),
    (re.compile(r"\bgpe\b"), " potential energy "),
    (re.compile(r"\bke\b"), " kinetic energy "),
    (re.compile(r"\b(?:mean|average) of (?:\d+[\s,]*(?:and )?)+"), " average of numbers "),
    (re.compile(r"\([^()]*[a-z][^()]*\)\s*\([^()]*[a-z][^()]*\)"), " factoring quadratic "),
    (re.compile(r"\by\s*=\s*-?(?:\d*|m)\s*x\b(?!\s*[\^²2])"), " linear slope "),
    (re.compile(r"\d\s*\([^()]*[a-z][^()]*\)\s*="), " linear "),
    (re.compile(r"\bm\s*\*?\s*g\s*\*?\s*h\b"), " potential energy "),
    (re.compile(r"\bf\s*=\s*m\s*[x*·]?\s*a\b"), " force mass acceleration "),
    (re.compile(rf"\ba{_SQUARE}\s*(?:\+|plus)\s*b{_SQUARE}"), " pythagorean "),
    (re.compile(rf"\b\d*(?![hno]2\b)[a-z]{_SQUARE}.*"), " quadratic "),
    (
        re.compile(r"\d\s*[a-z]?\s*[+*/-]\s*\d*[a-z]?\s*=\s*-?\d+|\b\d+[a-z]\s*=\s*-?\d+"),
        " linear ",
    ),
    (re.compile(r"\b\d+\s*/\s*\d+\b"), " fraction "),
    (re.compile(r"\b\d+(?:\.\d+)?\s*%"), " percent "),
    (
        re.compile(r"(?:^|[\s(+*-])[-\u2212]\s?\d+(?:\s*[+\-*\u2212x]\s*[-\u2212]?\d+)?"),
        " negative number ",
    ),
)
"""Formulas that name a topic, rewritten to its words before punctuation is dropped."""

_PLURALS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("xes", "x"))
_SOUNDS = (("ph", "f"), ("shun", "tion"), ("sion", "tion"), ("cion", "tion"))
"""Spellings of one sound, so that a word written by ear is known."""

_HEARD_ALIKE = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"gh|(?<=.)h"), ""),
    (re.compile(r"qu"), "kw"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"g(?=[eiy])"), "j"),
    (re.compile(r"[ckq]+"), "k"),
    (re.compile(r"z"), "s"),
    (re.compile(r"(?<=.)[aeiouyw]+"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"a$"), ""),
)
"""Letters for one sound, and vowels, which are the most often mistaken."""

_SINGULAR_ENDINGS = ("ss", "us", "is")
_KINSHIP = (
    *(("ation", ""), ("tion", "t"), ("tor", "t"), ("ance", ""), ("ence", ""), ("ment", "")),
    *(("ity", ""), ("ical", "ic"), ("al", ""), ("ly", ""), ("at", ""), ("er", ""), ("y", "")),
)
"""Endings of words made from one another: evaporate and evaporation, conduct and conductor."""

_SHORTEST_KIN = 4
"""Letters that must be left: "motion" and "mote" are no kin."""

_SHORT_WORD = 3
_SHORTEST_ROOT = 3


def stems(text: str) -> tuple[str, ...]:
    """Return the stems of the words that carry meaning, in order, without repetition."""
    for notation, words in _WRITTEN_NOTATIONS:
        text = notation.sub(words, text)
    lowered = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for notation, words in _NOTATIONS:
        lowered = notation.sub(words, lowered)
    tokens = re.findall(r"[a-z0-9]+", lowered.replace("'", ""))
    kept = [_REPLACEMENTS.get(token, token) for token in tokens if token not in _STOPWORDS]
    return tuple(dict.fromkeys(stem(token) for token in kept if len(token) > 1))


def stem(word: str) -> str:
    """Return a word without its commonest endings; only good for comparing words."""
    bare = _without_plural(word)
    if len(bare) > _SHORT_WORD:
        for spelling, sound in _SOUNDS:
            bare = bare.replace(spelling, sound)
    for suffix in ("ing", "ed"):
        root = bare.removesuffix(suffix)
        if root != bare and len(root) >= _SHORTEST_ROOT and re.search(r"[aeiouy]", root):
            bare = _without_doubled_end(root)
    return bare.removesuffix("e") if len(bare) > _SHORT_WORD else bare


def kin(word: str) -> str:
    """Return what a stem has in common with the words that are made from it, or it from them."""
    for suffix, ending in _KINSHIP:
        root = word.removesuffix(suffix) + ending
        if word.endswith(suffix) and len(root) >= _SHORTEST_KIN:
            return root
    return word


def _without_plural(word: str) -> str:
    if len(word) <= _SHORT_WORD:
        return word
    for suffix, ending in _PLURALS:
        if word.endswith(suffix):
            return word.removesuffix(suffix) + ending
    return word if word.endswith(_SINGULAR_ENDINGS) else word.removesuffix("s")


def _without_doubled_end(root: str) -> str:
    doubled = len(root) > _SHORTEST_ROOT and root[-1] == root[-2] and root[-1] not in "ls"
    return root[:-1] if doubled else root


def heard(word: str) -> str:
    """Return what stems have in common that sound alike: consonants, and where vowels are."""
    for letters, sound in _HEARD_ALIKE:
        word = letters.sub(sound, word)
    return word
