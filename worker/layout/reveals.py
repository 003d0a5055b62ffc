"""When elements of a scene appear, are highlighted and leave, in frames of the scene."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from worker.layout.theme import PAST_OPACITY
from worker.lessons.errors import LayoutError
from worker.lessons.render_plan import Dim, Motion
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene

FADE_FRAMES = 8
"""Partly transparent frames of a reveal: just under 0.3 s."""

LEAD_FRAMES = 4
"""A reveal starts this long before its word, so that it is readable when the word sounds: it
starts 0.13 s early and is complete 0.13 s late, within the tolerance of 0.3 s."""

EDGE_FRAMES = 5
"""Partly transparent frames of the body at a scene's end and at the next one's start: the change
of scenes takes a third of a second."""

SLIDE = 22
"""Pixels that a reveal rises by."""


SHORTEST_SPELL = 24
"""A part that the last word of a sentence names is highlighted for 0.8 s at least. (ours)"""


@dataclass(frozen=True, slots=True)
class PartTimes:
    """When a part of a visual is named.

    Attributes:
        first_frame: It starts to appear.
        spells: First frames of being spoken about, each with the frame on which that is over.
    """

    first_frame: int
    spells: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Cues:
    """The motions of one placed scene."""

    placed: PlacedScene

    @property
    def last_frame(self) -> int:
        """The scene's last frame."""
        return self.placed.frame_count - 1

    def word_frame(self, sentence_index: int, word_index: int = 0) -> int:
        """The frame on which something that a word names starts to appear.

        Raises:
            LayoutError: The scene has no such sentence or word.
        """
        if not 0 <= sentence_index < len(self.placed.sentences):
            raise LayoutError(f"no sentence {sentence_index} in {self.placed.scene.scene_id}")
        words = self.placed.sentences[sentence_index].words
        if not 0 <= word_index < len(words):
            raise LayoutError(
                f"no word {word_index} in sentence {sentence_index} of {self.placed.scene.scene_id}"
            )
        frame = floor(words[word_index].start * FRAMES_PER_SECOND) - LEAD_FRAMES
        return min(max(0, frame), self.last_frame)

    def end_frame(self, sentence_index: int) -> int:
        """The frame on which a sentence has just been spoken."""
        sentence = self.placed.sentences[sentence_index]
        return min(round(sentence.end * FRAMES_PER_SECOND), self.last_frame)

    def bullet_frames(self) -> tuple[int, ...]:
        """When each bullet starts to appear, in the order of the scene's bullets.

        Raises:
            LayoutError: A bullet's cue does not exist.
        """
        return tuple(
            self.word_frame(bullet.sentence_index, bullet.cue_word_index)
            for bullet in self.placed.scene.bullets
        )

    def display_frame(self) -> int:
        """When the scene's display starts to appear.

        Raises:
            LayoutError: Its sentence does not exist.
        """
        return self.word_frame(self.placed.scene.display_sentence_index)

    def part_times(self) -> dict[str, PartTimes]:
        """When each part of the scene's visual appears and is spoken about, by its id.

        Raises:
            LayoutError: A cue does not exist.
        """
        named, ends = [], {}
        for cue in self.placed.scene.part_cues:
            frame = self.word_frame(cue.sentence_index, cue.word_index)
            named.append((frame, cue.part_id))
            ends[frame] = max(self.end_frame(cue.sentence_index), frame + SHORTEST_SPELL)
        times: dict[str, PartTimes] = {}
        for frame, part_id in sorted(named):
            until = min((other for other, _ in named if other > frame), default=ends[frame])
            known = times.get(part_id, PartTimes(frame, ()))
            spell = (frame, min(until, ends[frame]))
            times[part_id] = PartTimes(known.first_frame, (*known.spells, spell))
        return times

    def still(self) -> Motion:
        """There for the whole scene."""
        return Motion(0, self.last_frame)

    def reveal(self, frame: int, dim_at: int | None = None) -> Motion:
        """Appears at a frame, rising a little, and stays; it may step back later."""
        dim = None if dim_at is None else Dim(dim_at, FADE_FRAMES, PAST_OPACITY)
        return Motion(frame, self.last_frame, FADE_FRAMES, slide_y=SLIDE, dim=dim)

    def spell(self, frame: int, until: int | None) -> Motion:
        """Appears at a frame and is gone when something else is spoken about."""
        if until is None:
            return Motion(frame, self.last_frame, FADE_FRAMES, slide_y=SLIDE)
        # It leaves while its successor comes.
        last = min(self.last_frame, until + FADE_FRAMES - 1)
        return Motion(frame, last, FADE_FRAMES, FADE_FRAMES, slide_y=SLIDE)

    def opening(self) -> Motion:
        """The curtain that lifts from the body when the scene starts."""
        return Motion(0, EDGE_FRAMES - 1, fade_out=EDGE_FRAMES)

    def closing(self) -> Motion:
        """The curtain that falls over the body when the scene ends."""
        return Motion(self.last_frame - EDGE_FRAMES + 1, self.last_frame, fade_in=EDGE_FRAMES)


def next_later(frames: tuple[int, ...], index: int) -> int | None:
    """The first frame at which another one of the reveals takes over the attention."""
    later = [frame for frame in frames if frame > frames[index]]
    return min(later, default=None)
