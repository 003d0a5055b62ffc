"""What a lesson's pictures look like, as whoever asks for it may choose."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """Width to height of the pictures."""

    LANDSCAPE = "16:9"
    PORTRAIT = "9:16"


class Appearance(StrEnum):
    """Whether explaining happens on light pages or on dark ones."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Look:
    """The shape and the appearance of one lesson."""

    shape: Shape = Shape.LANDSCAPE
    appearance: Appearance = Appearance.LIGHT


DEFAULT_LOOK = Look()


@dataclass(frozen=True, slots=True)
class LessonFace:
    """What all pictures of one lesson have in common.

    Attributes:
        title: Stands in the header.
        subject: Chooses the colours.
    """

    title: str
    subject: str
    look: Look = DEFAULT_LOOK
