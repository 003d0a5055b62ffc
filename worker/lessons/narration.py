"""Spoken audio and when each word of it sounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordTiming:
    """When one word sounds.

    Attributes:
        text: The whitespace-separated word, with its punctuation, as the sentence has it.
        start: Seconds from the start of the sentence's audio.
        end: Seconds from the start of the sentence's audio.
    """

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """One sentence as the voice spoke it.

    Attributes:
        pcm: Mono samples, signed 16-bit little-endian.
        sample_rate: Samples a second.
        words: One entry for each whitespace-separated word of the text, in order.
        timing: "voice" where the voice itself gave the times, "estimated" where they are
            spread over the sentence.
    """

    text: str
    pcm: bytes
    sample_rate: int
    words: tuple[WordTiming, ...]
    timing: str

    @property
    def sample_count(self) -> int:
        """The number of samples."""
        return len(self.pcm) // 2

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.sample_count / self.sample_rate


@dataclass(frozen=True, slots=True)
class SceneNarration:
    """A scene's spoken sentences, in the order of its storyboard."""

    scene_id: str
    sentences: tuple[SpokenSentence, ...]
