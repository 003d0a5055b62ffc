"""Scenes placed one after another by the length of their narration, on the frame grid.

Everything with a time comes from here: frames, captions, chapters, transcript. One source,
so that they cannot drift apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate

from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.storyboard import Scene, Sentence, Storyboard

FRAMES_PER_SECOND = 30

LEAD_IN_SECONDS = 0.5
"""Silence before a scene's first word: its title is read first. (ours)"""

TAIL_SECONDS = 0.6
"""Silence after a scene's last word, so that a cut never clips it. (ours)"""


@dataclass(frozen=True, slots=True)
class PlacedSentence:
    """One sentence with its times, in seconds from the start of its scene."""

    text: str
    start: float
    end: float
    words: tuple[WordTiming, ...]


@dataclass(frozen=True, slots=True)
class PlacedScene:
    """One scene with its place in the lesson.

    Attributes:
        first_frame: Frame of the lesson at which the scene starts.
        frame_count: Frames that the scene takes.
    """

    scene: Scene
    first_frame: int
    frame_count: int
    sentences: tuple[PlacedSentence, ...]

    @property
    def start(self) -> float:
        """Seconds from the start of the lesson."""
        return self.first_frame / FRAMES_PER_SECOND

    @property
    def end(self) -> float:
        """Seconds from the start of the lesson."""
        return (self.first_frame + self.frame_count) / FRAMES_PER_SECOND


@dataclass(frozen=True, slots=True)
class Timeline:
    """All scenes of a lesson, without gap or overlap."""

    scenes: tuple[PlacedScene, ...]

    @property
    def frame_count(self) -> int:
        """Frames of the whole lesson."""
        return sum(scene.frame_count for scene in self.scenes)

    @property
    def seconds(self) -> float:
        """Length of the whole lesson."""
        return self.frame_count / FRAMES_PER_SECOND


def place_scenes(storyboard: Storyboard, narrations: tuple[SceneNarration, ...]) -> Timeline:
    """Place the storyboard's scenes by the length of their narrations.

    Raises:
        ValueError: The narrations are not those of the storyboard's scenes, in order.
    """
    if [scene.scene_id for scene in storyboard.scenes] != [n.scene_id for n in narrations]:
        raise ValueError("the narrations are not those of the storyboard's scenes")
    placed = [
        _place_sentences(scene, narration)
        for scene, narration in zip(storyboard.scenes, narrations, strict=True)
    ]
    frame_counts = [frames for frames, _ in placed]
    starts = accumulate(frame_counts, initial=0)
    return Timeline(
        tuple(
            PlacedScene(scene, start, frames, sentences)
            for scene, start, (frames, sentences) in zip(
                storyboard.scenes, starts, placed, strict=False
            )
        )
    )


def _place_sentences(
    scene: Scene, narration: SceneNarration
) -> tuple[int, tuple[PlacedSentence, ...]]:
    clock = LEAD_IN_SECONDS
    placed = []
    for sentence, spoken in zip(scene.sentences, narration.sentences, strict=True):
        placed.append(_shift(sentence, spoken, clock))
        clock += spoken.seconds + sentence.pause_after
    frames = math.ceil(round((clock + TAIL_SECONDS) * FRAMES_PER_SECOND, 6))
    return frames, tuple(placed)


def _shift(sentence: Sentence, spoken: SpokenSentence, start: float) -> PlacedSentence:
    words = tuple(WordTiming(w.text, start + w.start, start + w.end) for w in spoken.words)
    return PlacedSentence(sentence.text, start, start + spoken.seconds, words)
