"""How long a storyboard will last, before anything is spoken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from worker.lessons.readability import count_syllables
from worker.lessons.storyboard import Sentence, Storyboard
from worker.lessons.timeline import LEAD_IN_SECONDS, TAIL_SECONDS

_WORDS_A_SYLLABLE = 0.622
_SECONDS_A_PAUSE = 0.417
_SECONDS_A_SENTENCE = 0.582
"""What takes a voice's time: a sentence's syllables, in average words, at its rate; and at any
rate its inner pauses (commas, colons) and its own start and end. Least squares over 960
sentences of the curriculum, spoken by the offline voice at 152 and 125 words a minute: 0.39 s of
error a sentence (root mean square), where counting words leaves 0.72 s."""

_INNER_PAUSE = re.compile(r"[,:;.?!](?=\s)")


def estimate_seconds(storyboard: Storyboard, rate: float) -> float:
    """Estimate a lesson's length.

    Args:
        storyboard: The lesson.
        rate: The words per minute that the voice keeps on average over many sentences.

    Returns:
        Seconds: speech, the storyboard's pauses, and each scene's lead-in and tail.
    """
    return sum(estimate_scene_seconds(scene.sentences, rate) for scene in storyboard.scenes)


def estimate_scene_seconds(sentences: Sequence[Sentence], rate: float) -> float:
    """Estimate the length of one scene in seconds, from its sentences and the voice's rate."""
    spoken = sum(
        estimate_speech_seconds(sentence.text, rate) + sentence.pause_after
        for sentence in sentences
    )
    return LEAD_IN_SECONDS + spoken + TAIL_SECONDS


@lru_cache(maxsize=8192)
def estimate_speech_seconds(text: str, rate: float) -> float:
    """Estimate how long a voice takes for one sentence, in seconds."""
    syllables = sum(count_syllables(word) for word in text.split())
    pauses = len(_INNER_PAUSE.findall(text))
    spoken = syllables * _WORDS_A_SYLLABLE * 60.0 / rate
    return spoken + pauses * _SECONDS_A_PAUSE + _SECONDS_A_SENTENCE
