"""The form that asks for a lesson, parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from worker.lessons.ask import Ask
from worker.lessons.look import Appearance, Look, Shape
from worker.lessons.picture_options import Captions, PictureOptions
from worker.lessons.request import MAX_DURATION_SECONDS, MIN_DURATION_SECONDS, Modality

STUDENT = "page"
"""Whose requests those of the page are, to the platform."""

LENGTHS = (60, 120, 180, 240, 300)
"""Seconds that the form offers; any from 45 to 345 is taken."""

_NO_CONTROL_CHARACTERS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

_ADVICE = {
    "question": "Ask in 3 to 500 characters.",
    "grade": "Choose a grade from 1 to 12.",
    "interest": "Name the interest in up to 200 characters.",
    "length": f"A lesson lasts {MIN_DURATION_SECONDS} to {MAX_DURATION_SECONDS} seconds.",
    "modality": "Choose video, audio or text.",
    "shape": "Choose wide or tall pictures.",
    "appearance": "Choose light or dark pictures.",
    "captions": "Choose whether captions stand in the pictures, or leave it out.",
}


def empty_form(look: Look) -> dict[str, str]:
    """Return what the form shows before anybody fills it in.

    Args:
        look: What pictures look like where nobody chooses.
    """
    return {
        "question": "",
        "grade": "8",
        "interest": "",
        "length": "120",
        "modality": Modality.VIDEO.value,
        "shape": look.shape.value,
        "appearance": look.appearance.value,
        "captions": "",
    }


class _AskForm(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    question: Annotated[
        str,
        BeforeValidator(lambda text: " ".join(str(text).split())),
        Field(min_length=3, max_length=500, pattern=_NO_CONTROL_CHARACTERS),
    ]
    grade: Annotated[int, Field(ge=1, le=12)]
    interest: Annotated[str, Field(max_length=200, pattern=_NO_CONTROL_CHARACTERS)] = ""
    length: Annotated[int, Field(ge=MIN_DURATION_SECONDS, le=MAX_DURATION_SECONDS)]
    modality: Modality
    shape: Shape | None = None
    appearance: Appearance | None = None
    captions: Captions | None = None


class FormError(Exception):
    """The form cannot be used.

    Attributes:
        advice: What to do, by the field's name.
    """

    def __init__(self, advice: Mapping[str, str]) -> None:
        super().__init__(advice)
        self.advice = advice


def read_ask(fields: Mapping[str, object]) -> Ask:
    """Return what a form asks for.

    Raises:
        FormError: With advice for every field that cannot be used.
    """
    try:
        form = _AskForm.model_validate(dict(fields))
    except ValidationError as error:
        names = {str(fault["loc"][0]) for fault in error.errors(include_input=False)}
        raise FormError({name: _ADVICE[name] for name in _ADVICE if name in names}) from None
    return Ask(
        query=form.question,
        grade_level=form.grade,
        interest=form.interest or None,
        duration_seconds=form.length,
        modalities=(form.modality,),
        student_id=STUDENT,
        pictures=PictureOptions(form.captions, form.shape, form.appearance),
    )
