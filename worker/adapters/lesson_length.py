"""How long a storyboard will last, before anything is spoken."""

from __future__ import annotations

from collections.abc import Sequence

from worker.lessons.pace import Pace, estimate_speech_seconds
from worker.lessons.storyboard import Sentence, Storyboard
from worker.lessons.timeline import LEAD_IN_SECONDS, TAIL_SECONDS


def estimate_seconds(storyboard: Storyboard, pace: Pace) -> float:
    """Estimate a lesson's length.

    Args:
        storyboard: The lesson.
        pace: The rate that is asked of the voice for each sentence.

    Returns:
        Seconds: speech, the storyboard's pauses, each scene's lead-in and tail. The sources
        card does not count: the length that is asked for is one of teaching.
    """
    return sum(estimate_scene_seconds(scene.sentences, pace) for scene in storyboard.taught)


def estimate_scene_seconds(sentences: Sequence[Sentence], pace: Pace) -> float:
    """Estimate the length of one scene in seconds, from its sentences and the voice's pace."""
    spoken = sum(
        estimate_speech_seconds(sentence.text, pace(sentence.text)) + sentence.pause_after
        for sentence in sentences
    )
    return LEAD_IN_SECONDS + spoken + TAIL_SECONDS
