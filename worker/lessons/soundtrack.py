"""The whole narration as one stretch of samples, as long as the video to the sample."""

from __future__ import annotations

from worker.lessons.narration import SceneNarration
from worker.lessons.timeline import FRAMES_PER_SECOND, Timeline

BYTES_PER_SAMPLE = 2


def join_narration(timeline: Timeline, narrations: tuple[SceneNarration, ...]) -> tuple[bytes, int]:
    """Lay every spoken sentence at its time on silence.

    Returns:
        Mono samples (signed 16-bit little-endian), exactly as long as the timeline, and the
        sample rate.

    Raises:
        ValueError: The sentences differ in their sample rate.
    """
    rates = {spoken.sample_rate for scene in narrations for spoken in scene.sentences}
    if len(rates) != 1:
        raise ValueError(f"the narration mixes sample rates: {sorted(rates)}")
    rate = rates.pop()
    track = bytearray(timeline.frame_count * rate // FRAMES_PER_SECOND * BYTES_PER_SAMPLE)
    for placed, narration in zip(timeline.scenes, narrations, strict=True):
        for sentence, spoken in zip(placed.sentences, narration.sentences, strict=True):
            start = round((placed.start + sentence.start) * rate) * BYTES_PER_SAMPLE
            track[start : start + len(spoken.pcm)] = spoken.pcm
    return bytes(track), rate
