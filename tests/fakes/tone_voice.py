"""A voice that hums: one tone a word, as long as the rate says."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

from worker.lessons.errors import NarrationError
from worker.lessons.narration import SpokenSentence, WordTiming

SAMPLE_RATE = 24_000


@dataclass(slots=True)
class ToneVoice:
    """Implements `worker.ports.Voice`; it passes tests/contracts/test_voice.py.

    Attributes:
        spoken: The texts in the order in which they were asked for.
    """

    name: str = "tone"
    identity: str = "tone 1"
    spoken: list[str] = field(default_factory=list)

    async def speak(
        self,
        text: str,
        words_per_minute: float,
        language: str = "en",  # noqa: ARG002  # a tone is of no language
    ) -> SpokenSentence:
        """Hum every word for the same time."""
        self.spoken.append(text)
        if not any(character.isalnum() for character in text):
            raise NarrationError("the voice finds no word to speak in a sentence")
        words = text.split()
        samples = round(SAMPLE_RATE * 60 / words_per_minute)
        seconds = samples / SAMPLE_RATE
        return SpokenSentence(
            text=text,
            pcm=b"".join(_tone(200 + 10 * len(word), samples) for word in words),
            sample_rate=SAMPLE_RATE,
            words=tuple(
                WordTiming(word, number * seconds, (number + 1) * seconds)
                for number, word in enumerate(words)
            ),
            timing="voice",
        )


def _tone(hertz: int, samples: int) -> bytes:
    turn = 2 * math.pi * hertz / SAMPLE_RATE
    wave = (round(8000 * math.sin(turn * place)) for place in range(samples))
    return struct.pack(f"<{samples}h", *wave)
