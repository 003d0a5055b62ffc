"""How fast a voice speaks to a grade, sentence by sentence, and how long that takes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from worker.lessons.narration import SpokenSentence
from worker.lessons.readability import count_syllables
from worker.lessons.storyboard import Scene
from worker.lessons.timeline import LEAD_IN_SECONDS, TAIL_SECONDS

Pace = Callable[[str], float]
"""The words per minute to ask of a voice for a sentence: its rate over average words."""

SENTENCE_PAUSE = 0.35
"""Silence between two sentences, in seconds. (ours)"""

DELIBERATE_SECONDS = 1.0
"""A silence from here on is a pause to think in, and no part of the speaking rate. (ours)"""

_LAST_GRADE_AND_LIMIT = ((5, 130.0), (8, 140.0), (12, 160.0))
"""What grades 1-5 follow by the DCMP's captioning key; the others ours."""

_LAST_GRADE_AND_RATE = ((5, 122.0), (8, 133.0), (12, 152.0))

_ESTIMATE_MARGIN = 0.97
"""What is planned keeps this far below the limit: the estimate of a sentence is 0.4 s off."""

_SLOWEST = 0.75
"""Of the grade's rate; a voice that is slowed further drawls. (ours)"""

_STEPS = 20
"""Parts of the rate in which a scene is slowed, so that other interests meet the same sounds."""

_LONGEST_BREATH = 0.95
"""The longest silence that still counts as speech, a frame and a half below a deliberate one."""

_A_LITTLE = 0.01
"""Seconds beyond what is needed: sums of times are not exact."""

_WORDS_A_SYLLABLE = 0.622
_SECONDS_A_PAUSE = 0.417
_SECONDS_A_SENTENCE = 0.582
"""What takes a voice's time: a sentence's syllables, in average words, at its rate; and at any
rate its inner pauses (commas, colons) and its own start and end. Least squares over 960
sentences of the curriculum, spoken by the offline voice at 152 and 125 words a minute: 0.39 s of
error a sentence (root mean square), where counting words leaves 0.72 s."""

_INNER_PAUSE = re.compile(r"[,:;.?!](?=\s)")


def fastest_rate(grade_level: int) -> float:
    """The words a minute that a grade can follow, pauses for breath included."""
    return next(rate for last, rate in _LAST_GRADE_AND_LIMIT if grade_level <= last)


def words_per_minute(grade_level: int) -> float:
    """Return the speaking rate aimed at, over sentences of average words.

    It lies a little below what students of the grade follow, because single sentences vary.
    """
    return next(rate for last, rate in _LAST_GRADE_AND_RATE if grade_level <= last)


def pace_at(grade_level: int) -> Pace:
    """The pace of every sentence at a grade."""
    return partial(sentence_rate, grade_level=grade_level)


@lru_cache(maxsize=8192)
def sentence_rate(text: str, grade_level: int) -> float:
    """Return the rate to ask of a voice for one sentence.

    It is the grade's, or lower where the words are so short that the grade's rate would bring
    more of them a minute than the grade can follow. It depends on nothing but text and grade, so
    that a sentence is spoken alike in every lesson, and once.
    """
    usual = words_per_minute(grade_level)
    seconds = len(text.split()) * 60.0 / (_ESTIMATE_MARGIN * fastest_rate(grade_level))
    sounding = seconds - SENTENCE_PAUSE - _silent_seconds(text)
    slots = _average_words(text) * 60.0
    enough = slots / sounding if sounding > 0 else usual
    return round(min(usual, max(enough, _SLOWEST * usual)), 1)


@lru_cache(maxsize=8192)
def estimate_speech_seconds(text: str, rate: float) -> float:
    """Estimate how long a voice takes for one sentence, in seconds."""
    return _average_words(text) * 60.0 / rate + _silent_seconds(text)


def _average_words(text: str) -> float:
    return sum(count_syllables(word) for word in text.split()) * _WORDS_A_SYLLABLE


def _silent_seconds(text: str) -> float:
    return len(_INNER_PAUSE.findall(text)) * _SECONDS_A_PAUSE + _SECONDS_A_SENTENCE


def unhurried(scene: Scene, spoken: Sequence[SpokenSentence], grade_level: int) -> Scene:
    """Return the scene with its pauses for breath as long as its grade needs them.

    What a voice really took decides. Where all breaths at their longest are not enough, they
    stay at their longest: then the scene is to be spoken again, at its `slower_pace`.

    Args:
        scene: What is said.
        spoken: Its sentences, as a voice spoke them.
        grade_level: Who listens.
    """
    room = _room_to_breathe(scene, spoken)
    lacking = _lacking_seconds(scene, spoken, grade_level)
    if lacking <= _A_LITTLE or not any(room.values()):
        return scene
    share = min(1.0, lacking / sum(room.values()))
    sentences = (
        replace(sentence, pause_after=sentence.pause_after + share * room.get(index, 0.0))
        for index, sentence in enumerate(scene.sentences)
    )
    return replace(scene, sentences=tuple(sentences))


def slower_pace(scene: Scene, spoken: Sequence[SpokenSentence], grade_level: int) -> Pace | None:
    """Return the pace at which a scene has to be spoken again for its grade to follow.

    None where longer breaths are enough, and where no sentence may be slowed any more.

    Args:
        scene: What is said.
        spoken: Its sentences, as a voice spoke them at the pace of the grade.
        grade_level: Who listens.
    """
    lacking = _lacking_seconds(scene, spoken, grade_level)
    lacking -= sum(_room_to_breathe(scene, spoken).values())
    if lacking <= 0.0:
        return None
    # Only what sounds takes longer at a lower rate; the silences within a sentence stay.
    sounding = sum(max(0.0, one.seconds - _silent_seconds(one.text)) for one in spoken)
    share = math.floor(_STEPS * sounding / (sounding + lacking)) / _STEPS
    floor = _SLOWEST * words_per_minute(grade_level)

    def pace(text: str) -> float:
        return round(max(floor, share * sentence_rate(text, grade_level)), 1)

    is_slower = any(pace(one.text) < sentence_rate(one.text, grade_level) for one in spoken)
    return pace if is_slower else None


def _lacking_seconds(scene: Scene, spoken: Sequence[SpokenSentence], grade_level: int) -> float:
    """How much longer the scene should be for its grade to follow; negative if it need not be."""
    words = sum(len(one.words) for one in spoken)
    said = sum(one.seconds for one in spoken)
    pauses = sum(sentence.pause_after for sentence in scene.sentences)
    thought = sum(one for one in _silences(scene, spoken) if one >= DELIBERATE_SECONDS)
    seconds = LEAD_IN_SECONDS + said + pauses + TAIL_SECONDS - thought
    return words * 60.0 / fastest_rate(grade_level) + _A_LITTLE - seconds


def _room_to_breathe(scene: Scene, spoken: Sequence[SpokenSentence]) -> dict[int, float]:
    """By how many seconds each silence that is not deliberate may grow, by its sentence."""
    return {
        index: max(0.0, _LONGEST_BREATH - silence)
        for index, silence in enumerate(_silences(scene, spoken))
        if silence < DELIBERATE_SECONDS
    }


def _silences(scene: Scene, spoken: Sequence[SpokenSentence]) -> list[float]:
    """The silence after each sentence, from its last word to the next one or the scene's end."""
    if not spoken:
        return []
    ends = [one.seconds - one.words[-1].end if one.words else 0.0 for one in spoken]
    starts = [one.words[0].start if one.words else 0.0 for one in spoken]
    after = [sentence.pause_after for sentence in scene.sentences]
    return [
        end + pause + start
        for end, pause, start in zip(ends, after, (*starts[1:], TAIL_SECONDS), strict=True)
    ]
