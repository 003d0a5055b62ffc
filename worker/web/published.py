"""The small files of a lesson that pages are made of, read as what we publish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class Published(BaseModel):
    """What a page takes from a file; a newer worker may write more into it."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Model = TypeVar("Model", bound=Published)


class UnreadableLessonError(Exception):
    """A file of the lesson is not what we publish."""


def read_published(model: type[Model], name: str, files: Mapping[str, bytes]) -> Model | None:
    """Return a file's content, or None where the lesson has no such file.

    Raises:
        UnreadableLessonError: It is not what we publish; it names the file.
    """
    if name not in files:
        return None
    try:
        return model.model_validate_json(files[name])
    except ValidationError as error:
        raise UnreadableLessonError(f"{name} has {error.error_count()} faults") from None
