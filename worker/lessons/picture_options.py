"""What one request asks of its pictures, in the row's `request_metadata`.

``{"captions": "burned_in", "shape": "9:16", "appearance": "dark"}``: each key may be absent or
null, and then the worker's settings decide. Other keys are the platform's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from worker.lessons.look import Appearance, Look, Shape


class Captions(StrEnum):
    """Where captions are: the track is always there."""

    TRACK = "track"
    BURNED_IN = "burned_in"


Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """What a request chooses; None is left to the worker.

    Attributes:
        faults: What it chooses that no lesson has, one sentence each, quoting no value. A
            request with any is refused.
    """

    captions: Captions | None = None
    shape: Shape | None = None
    appearance: Appearance | None = None
    faults: tuple[str, ...] = ()

    @property
    def burns_captions(self) -> bool:
        """Whether the pictures show the captions, word by word, beside the track."""
        return self.captions is Captions.BURNED_IN

    def look(self, default: Look) -> Look:
        """The look of the lesson: the request's choice, or the worker's."""
        return Look(self.shape or default.shape, self.appearance or default.appearance)

    def as_metadata(self) -> dict[str, str]:
        """The keys of `request_metadata` that say the same."""
        chosen = {"captions": self.captions, "shape": self.shape, "appearance": self.appearance}
        return {key: value.value for key, value in chosen.items() if value is not None}


NO_CHOICE = PictureOptions()


def read_options(metadata: Mapping[str, object]) -> PictureOptions:
    """Read the options of a row, with every fault of theirs."""
    faults: list[str] = []
    return PictureOptions(
        captions=_choice(metadata, "captions", Captions, faults),
        shape=_choice(metadata, "shape", Shape, faults),
        appearance=_choice(metadata, "appearance", Appearance, faults),
        faults=tuple(faults),
    )


def _choice(
    metadata: Mapping[str, object], key: str, choices: type[Choice], faults: list[str]
) -> Choice | None:
    value = metadata.get(key)
    if value is None:
        return None
    known = {one.value: one for one in choices}
    if isinstance(value, str) and value in known:
        return known[value]
    faults.append(f"{key}: must be {' or '.join(known)}")
    return None
