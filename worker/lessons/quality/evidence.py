"""What a lesson is measured from, as it lies in the lesson's folder.

What a writer says about its own work is no evidence: a storyboard is read for what is said and
shown, and for when that was planned to be. Times of words are the voice's; sound, pictures and
tags are what was read back from the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.lessons.render_plan import ScenePlan
from worker.lessons.storyboard import Scene, Sentence, Storyboard
from worker.lessons.timeline import PlacedScene, PlacedSentence, Timeline

LEVELS_PER_SECOND = 100


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of a storyboard, and where it stands."""

    scene: Scene
    sentence: Sentence
    second: float | None

    @property
    def is_question(self) -> bool:
        """Whether it ends by asking."""
        return self.sentence.text.rstrip().endswith("?")


@dataclass(frozen=True, slots=True)
class Told:
    """What is said and shown; with a timeline, faults have a timecode.

    Attributes:
        timeline: None for a lesson to read.
    """

    storyboard: Storyboard
    timeline: Timeline | None = None

    def sentences(self) -> Iterator[Said]:
        """All sentences in their order."""
        for number, scene in enumerate(self.storyboard.scenes):
            for index, sentence in enumerate(scene.sentences):
                yield Said(scene, sentence, self.second(number, index))

    def second(self, scene: int, sentence: int = 0) -> float | None:
        """When a sentence starts, from the start of the lesson; None without a timeline."""
        if self.timeline is None:
            return None
        placed = self.timeline.scenes[scene]
        return placed.start + placed.sentences[sentence].start if placed.sentences else placed.start


@dataclass(frozen=True, slots=True)
class Spoken:
    """A storyboard with the times of its words.

    Attributes:
        asked_seconds: The length that was asked for; None where nobody knows it.
    """

    storyboard: Storyboard
    timeline: Timeline
    asked_seconds: int | None = None

    def sentences(self) -> Iterator[tuple[PlacedScene, PlacedSentence]]:
        """All sentences in their order, with the scene that each stands in."""
        for scene in self.timeline.scenes:
            for sentence in scene.sentences:
                yield scene, sentence


@dataclass(frozen=True, slots=True)
class Shown:
    """What is drawn, beside what is spoken.

    Attributes:
        plans: One for each scene, in their order.
    """

    spoken: Spoken
    plans: tuple[ScenePlan, ...]


@dataclass(frozen=True, slots=True)
class ReadCue:
    """A cue as the caption file has it, in seconds from the start of the lesson."""

    start: float
    end: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Captioned:
    """The caption file, beside what is spoken."""

    spoken: Spoken
    cues: tuple[ReadCue, ...]


@dataclass(frozen=True, slots=True)
class SoundFigures:
    """What the encoded sound was measured to be.

    Attributes:
        lufs: Integrated loudness (EBU R128).
        true_peak: In dBTP.
        levels: The highest sample of every hundredth of a second, in dB of full scale.
    """

    lufs: float
    true_peak: float
    levels: tuple[float, ...]

    def between(self, start: float, end: float) -> tuple[float, ...]:
        """The levels of a stretch of time, in seconds."""
        first, last = round(start * LEVELS_PER_SECOND), round(end * LEVELS_PER_SECOND)
        return self.levels[max(0, first) : max(0, last)]


@dataclass(frozen=True, slots=True)
class Heard:
    """The sound of the file, beside what is spoken."""

    spoken: Spoken
    sound: SoundFigures


@dataclass(frozen=True, slots=True)
class TextContrast:
    """The contrast of one text in one decoded picture.

    Attributes:
        element_id: Of the text in its scene's plan.
        ratio: From 1 to 21 (WCAG 2.1).
        is_large: 24 px or more on a page of CSS pixels, or 18.66 px in bold (WCAG 2.1).
    """

    element_id: str
    second: float
    ratio: float
    is_large: bool


@dataclass(frozen=True, slots=True)
class FileFigures:
    """What the video says about itself, and what its pictures show.

    Attributes:
        is_bt709: Whether primaries, transfer, matrix and range are tagged as BT.709.
        chapters: Titles and starts, in seconds.
        contrasts: Of the texts in one decoded picture of each scene.
    """

    video_seconds: float
    audio_seconds: float
    is_bt709: bool
    is_faststart: bool
    chapters: tuple[tuple[str, float], ...]
    contrasts: tuple[TextContrast, ...]


@dataclass(frozen=True, slots=True)
class Filed:
    """The video file, beside what is spoken."""

    spoken: Spoken
    figures: FileFigures


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known of one lesson; what is missing is None.

    Attributes:
        missing_glyphs: Characters of the pictures that the font cannot draw.
    """

    storyboard: Storyboard
    timeline: Timeline | None = None
    asked_seconds: int | None = None
    plans: tuple[ScenePlan, ...] | None = None
    captions: tuple[ReadCue, ...] | None = None
    sound: SoundFigures | None = None
    file: FileFigures | None = None
    missing_glyphs: tuple[str, ...] | None = None


def word_stream(scenes: Sequence[PlacedScene]) -> Iterator[tuple[str, float]]:
    """All spoken words with the seconds at which they start, from the start of the lesson."""
    for scene in scenes:
        for sentence in scene.sentences:
            for word in sentence.words:
                yield word.text, scene.start + word.start
