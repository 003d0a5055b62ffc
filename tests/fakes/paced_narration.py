"""Narration as long as a voice would take for it, without a voice: silence with word times."""

from __future__ import annotations

from collections.abc import Sequence

from worker.adapters.speech_sound import share_out
from worker.lessons.narration import SceneNarration, SpokenSentence
from worker.lessons.pace import Pace, estimate_speech_seconds, pace_at
from worker.lessons.storyboard import Scene, Storyboard
from worker.lessons.timeline import Timeline

SAMPLE_RATE = 1000
_BEFORE, _AFTER = 0.08, 0.15
"""Seconds around a sentence, as the voices leave them."""


def paced_timeline(board: Storyboard) -> Timeline:
    """Place a storyboard's scenes by the estimated length of their sentences."""
    pace = pace_at(board.grade_level)
    timeline = Timeline()
    for scene in board.scenes:
        timeline = timeline.then(scene, _narrate(scene, pace))
    return timeline


def _narrate(scene: Scene, pace: Pace) -> SceneNarration:
    spoken = [_speak(sentence.text, pace(sentence.text)) for sentence in scene.sentences]
    return SceneNarration(scene.scene_id, tuple(spoken))


def _speak(text: str, rate: float) -> SpokenSentence:
    seconds = estimate_speech_seconds(text, rate)
    words: Sequence[str] = text.split()
    times = tuple(share_out(words, _BEFORE, seconds - _AFTER))
    pcm = bytes(2 * round(seconds * SAMPLE_RATE))
    return SpokenSentence(text, pcm, SAMPLE_RATE, times, "estimated")
