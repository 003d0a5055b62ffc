"""Which of Google's voices speak, and for which language: pure decisions."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from worker.lessons.language import tongue_of


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """Which voices speak.

    Attributes:
        names: As Google names them, one for each language: `en-US-Neural2-F`.
        alternatives: Voices that speak instead of those that the service does not have.
        words_per_minute: Their rate at speed 1.
    """

    names: tuple[str, ...]
    alternatives: tuple[str, ...]
    words_per_minute: float

    def settled(self, name: str, present: Container[str]) -> str | None:
        """Return who speaks for a named voice: itself, its alternative, or nobody."""
        if name in present:
            return name
        stand_in = voice_of(language_of(name), self.alternatives)
        return stand_in if stand_in is not None and stand_in in present else None


def language_of(voice_name: str) -> str:
    """Return the language that a voice's name begins with: `en-US-Neural2-F` speaks `en-US`."""
    return "-".join(voice_name.split("-")[:2])


def voice_of(language: str, names: Iterable[str]) -> str | None:
    """Return the voice of a language: the very one, or else the first of the same tongue."""
    names = tuple(names)
    wanted = language.lower()
    exact = (name for name in names if language_of(name).lower() == wanted)
    near = (name for name in names if tongue_of(name) == tongue_of(wanted))
    return next(exact, None) or next(near, None)
