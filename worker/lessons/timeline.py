"""Scenes placed one after another by the length of their narration, on the frame grid.

Everything with a time comes from here: frames, captions, chapters, transcript. One source,
so that they cannot drift apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.storyboard import Scene, Sentence

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
    """The scenes of a lesson, without gap or overlap."""

    scenes: tuple[PlacedScene, ...] = ()

    def then(self, scene: Scene, narration: SceneNarration) -> Timeline:
        """Return the timeline with one more scene, placed by the length of its narration.

        A scene's own times do not depend on where in the lesson it stands.

        Raises:
            ValueError: The narration is not the scene's.
        """
        if scene.scene_id != narration.scene_id:
            raise ValueError("the narration is not that of the storyboard's scene")
        frame_count, sentences = _place_sentences(scene, narration)
        placed = PlacedScene(scene, self.frame_count, frame_count, sentences)
        return Timeline((*self.scenes, placed))

    @property
    def frame_count(self) -> int:
        """Frames of the whole lesson."""
        return sum(scene.frame_count for scene in self.scenes)

    @property
    def seconds(self) -> float:
        """Length of the whole lesson."""
        return self.frame_count / FRAMES_PER_SECOND

    @property
    def taught_seconds(self) -> float:
        """Length of the lesson without its sources card."""
        return sum(one.frame_count for one in self.scenes if one.scene.teaches) / FRAMES_PER_SECOND


def _place_sentences(
    scene: Scene, narration: SceneNarration
) -> tuple[int, tuple[PlacedSentence, ...]]:
    clock = LEAD_IN_SECONDS
    placed = []
    for sentence, spoken in zip(scene.sentences, narration.sentences, strict=True):
        placed.append(_shift(sentence, spoken, clock))
        clock += spoken.seconds + sentence.pause_after
    seconds = max(clock + TAIL_SECONDS, scene.hold_seconds)
    frames = math.ceil(round(seconds * FRAMES_PER_SECOND, 6))
    return frames, tuple(placed)


def _shift(sentence: Sentence, spoken: SpokenSentence, start: float) -> PlacedSentence:
    words = tuple(WordTiming(w.text, start + w.start, start + w.end) for w in spoken.words)
    return PlacedSentence(sentence.text, start, start + spoken.seconds, words)
