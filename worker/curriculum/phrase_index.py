"""Scores topics by the words that a question shares with their phrases.

Each word is weighed by how few topics use it, so that "hypotenuse" says more than "law". Words
that stand only in whole questions weigh half: "energy" in "how do plants get energy" is incidental.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from worker.curriculum.wording import heard, kin, stems

SPELLING_SCORE = 80
"""rapidfuzz's ratio from which a word counts as a misspelling of a known one with the same first
letter ("revolution" is not "evolution"). (ours, set on the tuning queries)"""

SHORTEST_MISSPELLING = 4

SHORT_WORD = 5
SHORT_WORD_SPELLING_SCORE = 90
"""The same for words of up to five letters, of which many are one letter apart; swapped letters
are always a misspelling. (ours, likewise)"""

SHORTEST_SOUND = 4
SAME_SOUND_SPELLING_SCORE = 65
"""Of words that sound alike, or are one another's letters, less likeness is enough; short ones
sound like too many others. (ours, set on misspellings of the topics' own words)"""

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
        fields: Broad words; each suggests it where a question holds nothing else.
    """

    names: tuple[str, ...]
    questions: tuple[str, ...]
    others: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a question fits a topic.

    Attributes:
        score: From 0 to 1.
        words: The question's words, as far as they are the topic's.
        means_other: The question holds a phrase that means something else.
        holds_name: The question holds a whole name of two words or more.
    """

    score: float
    words: frozenset[str]
    means_other: bool = False
    holds_name: bool = False


@dataclass(frozen=True, slots=True)
class _Phrase:
    stems: frozenset[str]
    weight: float
    is_name: bool

    def is_shared_enough(self, words: AbstractSet[str]) -> bool:
        """One word is enough if it is a whole name, or if the question holds no other."""
        shared = len(words & self.stems)
        if shared == 1:
            return len(self.stems) == 1 and (self.is_name or words == self.stems)
        return shared >= FEWEST_SHARED


@dataclass(frozen=True, slots=True)
class _Entry:
    phrases: Mapping[str, Sequence[_Phrase]]
    long_names: tuple[frozenset[str], ...]
    own: frozenset[str]
    all: frozenset[str]
    others: tuple[frozenset[str], ...]
    fields: frozenset[frozenset[str]]


class PhraseIndex:
    """The phrases of all topics, ready to be compared with questions.

    Args:
        topics: How students ask for each topic.
        other_words: Words that are spelled right and name no topic: common ones, and what students
            like.
    """

    def __init__(self, topics: Sequence[TopicPhrases], other_words: Sequence[str] = ()) -> None:
        self._other_words = frozenset(word for text in other_words for word in stems(text))
        names = [_stem_sets(topic.names) for topic in topics]
        questions = [_stem_sets(topic.questions) for topic in topics]
        self._weights = _weigh(names, questions)
        self._kin = {kin(word): word for word in sorted(self._weights)}
        self._heard = {
            sound: words
            for sound, words in _grouped(self._weights, heard).items()
            if len(sound) >= SHORTEST_SOUND
        }
        self._shuffled = _grouped(self._weights, _shuffled)
        self._entries = tuple(
            self._entry(found, asked, topic)
            for found, asked, topic in zip(names, questions, topics, strict=True)
        )

    def fits(self, question: str) -> tuple[Fit, ...]:
        """Return how well a question fits each topic, in order.

        The score is the better of two: the best phrase's (the weight it shares with the question
        over the mean of both weights, a Dice coefficient), and the share of the question's weight
        that the topic's words cover, if two or more do and one of them is in a name. It is 1 where
        the question is one of the topic's broad words, and 0 where it holds a phrase that means
        something else.
        """
        written = stems(question)
        words = frozenset(part for word in written for part in self._spelled(word))
        asked = sum(self._weights.get(word, UNKNOWN_WORD_WEIGHT) for word in sorted(words))
        held = words | set(written)
        return tuple(self._fit(entry, words, asked, held) for entry in self._entries)

    def _fit(
        self, entry: _Entry, words: frozenset[str], asked: float, held: AbstractSet[str]
    ) -> Fit:
        if any(other <= held for other in entry.others):
            return Fit(0.0, frozenset(), means_other=True)
        if held in entry.fields:
            return Fit(1.0, frozenset(held))
        phrase = self._best_phrase(entry, words, asked)
        score = max(phrase, self._scattered(entry, words, asked))
        holds_name = any(name <= words for name in entry.long_names)
        return Fit(score, words & entry.all, holds_name=holds_name)

    def _entry(
        self,
        names: Sequence[frozenset[str]],
        questions: Sequence[frozenset[str]],
        topic: TopicPhrases,
    ) -> _Entry:
        phrases = [_Phrase(words, self._weight(words), is_name=True) for words in names]
        phrases += [_Phrase(words, self._weight(words), is_name=False) for words in questions]
        own = frozenset().union(*names)
        holding: dict[str, list[_Phrase]] = defaultdict(list)
        for phrase in phrases:
            for word in phrase.stems:
                holding[word].append(phrase)
        return _Entry(
            dict(holding),
            tuple(words for words in names if len(words) >= FEWEST_SHARED),
            own,
            own.union(*questions),
            tuple(_stem_sets(topic.others)),
            frozenset(_stem_sets(topic.fields)),
        )

    def _best_phrase(self, entry: _Entry, words: AbstractSet[str], asked: float) -> float:
        return max(
            (
                2 * self._weight(words & phrase.stems) / (phrase.weight + asked)
                for word in words & entry.all
                for phrase in entry.phrases[word]
                if phrase.is_shared_enough(words)
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
        """Return the known words that a word means: itself, its kin, its parts, or the likest."""
        known = word in self._weights or word in self._other_words
        if known or len(word) < SHORTEST_MISSPELLING:
            return (word,)
        alike = [candidate for candidate in self._weights if candidate[0] == word[0]]
        needed = SPELLING_SCORE if len(word) > SHORT_WORD else SHORT_WORD_SPELLING_SCORE
        near = process.extractOne(word, alike, scorer=fuzz.ratio, score_cutoff=needed)
        if near and near[1] >= SHORT_WORD_SPELLING_SCORE:
            return (near[0],)
        same = (*self._heard.get(heard(word), ()), *self._shuffled.get(_shuffled(word), ()))
        alike_enough = process.extractOne(
            word, same, scorer=fuzz.ratio, score_cutoff=SAME_SOUND_SPELLING_SCORE
        )
        if alike_enough:
            return (alike_enough[0],)
        if kin(word) in self._kin:
            return (self._kin[kin(word)],)
        return self._parts(word) or (near[0] if near else word,)

    def _parts(self, word: str) -> tuple[str, ...]:
        """Return the two known words that a word is made of, if it is."""
        for end in range(SHORTEST_COMPOUND_PART, len(word) - SHORTEST_COMPOUND_PART + 1):
            if word[:end] in self._weights and word[end:] in self._weights:
                return (word[:end], word[end:])
        return ()


def _shuffled(word: str) -> str:
    """What words have in common of which one has letters swapped; the first stays in its place."""
    return word[0] + "".join(sorted(word[1:]))


def _grouped(words: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        if len(word) >= SHORTEST_MISSPELLING:
            groups[key(word)].append(word)
    return dict(groups)


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
