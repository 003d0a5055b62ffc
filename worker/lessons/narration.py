"""Spoken audio and when each word of it sounds."""

from __future__ import annotations

import json
from dataclasses import dataclass

from worker.lessons.errors import NarrationError


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

    def __post_init__(self) -> None:
        """Refuse a sentence without sound: nothing could be placed by it.

        Raises:
            NarrationError: There is no sample, or half of one.
        """
        if not self.pcm or len(self.pcm) % 2:
            raise NarrationError(f"a sentence has {len(self.pcm)} bytes of sound")

    @property
    def sample_count(self) -> int:
        """The number of samples."""
        return len(self.pcm) // 2

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.sample_count / self.sample_rate


def pack_sentence(spoken: SpokenSentence) -> bytes:
    """Return a spoken sentence as bytes: a line of JSON with its times, then its samples."""
    times = {
        "sample_rate": spoken.sample_rate,
        "timing": spoken.timing,
        "words": [[word.text, word.start, word.end] for word in spoken.words],
    }
    return json.dumps(times).encode() + b"\n" + spoken.pcm


def unpack_sentence(text: str, packed: bytes) -> SpokenSentence:
    """Read a spoken sentence back, exactly as it was.

    Raises:
        ValueError: These are not the bytes of a sentence with that text.
    """
    line, _, pcm = packed.partition(b"\n")
    times = json.loads(line)
    try:
        words = tuple(WordTiming(str(word), float(a), float(b)) for word, a, b in times["words"])
        spoken = SpokenSentence(text, pcm, int(times["sample_rate"]), words, str(times["timing"]))
    except (TypeError, LookupError, NarrationError) as error:
        raise ValueError("these are no times of words, or no sound") from error
    if [word.text for word in words] != text.split():
        raise ValueError("these are the times of another text")
    return spoken


@dataclass(frozen=True, slots=True)
class SceneNarration:
    """A scene's spoken sentences, in the order of its storyboard."""

    scene_id: str
    sentences: tuple[SpokenSentence, ...]
