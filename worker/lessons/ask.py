"""What a lesson is asked for, before there is a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from worker.lessons.picture_options import NO_CHOICE, PictureOptions
from worker.lessons.request import Modality


@dataclass(frozen=True, slots=True)
class Ask:
    """What a lesson is asked for.

    Attributes:
        student_id: Added to `users` where the platform does not know it.
    """

    query: str = field(repr=False)
    grade_level: int
    interest: str | None = field(repr=False)
    duration_seconds: int
    modalities: tuple[Modality, ...]
    language: str = "en"
    student_id: str = "command-line"
    organization_id: str | None = None
    pictures: PictureOptions = NO_CHOICE
