"""The student's parsed ask, and the message that names it.

The message is parsed at the border; the row is what counts. Nothing here shows what the
student wrote: `query` and `interest` stay out of every `repr` and of every error text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from worker.lessons.errors import MalformedMessageError
from worker.lessons.picture_options import NO_CHOICE, PictureOptions

SCHEMA_VERSION = "1"

LONGEST_ID = 64
"""Characters of a correlation id; a UUID takes 36."""

LONGEST_STUDENT_ID = 100

MIN_DURATION_SECONDS = 45
MAX_DURATION_SECONDS = 345
DEFAULT_DURATION_SECONDS = 120
"""Within the 60-180 s that students watch to the end (Guo 2014)."""


class Modality(StrEnum):
    """A form in which a lesson is published."""

    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class LessonRequest:
    """What the row of `content_requests` asks for.

    Attributes:
        grade_level: 1-12.
        duration_seconds: The length asked for, 45-345.
        pictures: What it chooses about its pictures.
    """

    request_id: UUID
    correlation_id: str
    student_id: str
    organization_id: str | None
    query: str = field(repr=False)
    grade_level: int
    interest: str | None = field(repr=False)
    language: str
    duration_seconds: int
    modalities: tuple[Modality, ...]
    pictures: PictureOptions = NO_CHOICE

    @property
    def is_read_only(self) -> bool:
        """Whether nothing but text is wanted: then nothing is spoken, and no scene is drawn."""
        return set(self.modalities) == {Modality.TEXT}


def _whole_number(value: object) -> object:
    """Accept "10" for 10: publishers send the grade as either."""
    if isinstance(value, str) and re.fullmatch(_GRADE_AS_TEXT, value):
        return int(value)
    return value


_GRADE_AS_TEXT = r"\s*([1-9]|1[0-2])\s*"

_GradeInSchema = (
    Annotated[int, Field(ge=1, le=12)] | Annotated[str, Field(pattern=f"^{_GRADE_AS_TEXT}$")]
)
"""How the grade reads in docs/message.schema.json: a number, or the same as text."""

_NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]*$"
"""PostgreSQL stores no NUL, and a line break would forge log lines."""

_Id = Annotated[str, Field(min_length=1, max_length=100, pattern=_NO_CONTROL_CHARACTERS)]


class RequestMessage(BaseModel):
    """The JSON data of a message; unknown fields are ignored, so that publishers may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    request_id: UUID
    correlation_id: Annotated[_Id, Field(max_length=LONGEST_ID)]
    student_id: _Id
    student_query: Annotated[str, Field(min_length=3, max_length=500, repr=False)]
    grade_level: Annotated[
        int,
        Field(ge=1, le=12, strict=True),
        BeforeValidator(_whole_number, json_schema_input_type=_GradeInSchema),
    ]
    interest: Annotated[str | None, Field(max_length=200, repr=False)] = None
    duration_minutes: Annotated[float | None, Field(ge=0.75, le=5.75)] = None
    requested_modalities: Annotated[tuple[Modality, ...], Field(min_length=1)] = (Modality.VIDEO,)
    preferred_modality: Modality | None = None
    organization_id: Annotated[
        str | None, Field(max_length=100, pattern=_NO_CONTROL_CHARACTERS)
    ] = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    environment: Literal["dev", "staging", "prod"] | None = None


def parse_message(data: bytes, attributes: Mapping[str, str], environment: str) -> RequestMessage:
    """Parse one message.

    Args:
        data: The message's data as the broker gave it.
        attributes: The message's attributes.
        environment: The environment that this worker serves.

    Raises:
        MalformedMessageError: With every fault, none of them quoting a value.
    """
    body = _read_object(data)
    request_id, correlation_id = _salvage_id(body), _salvage(body, "correlation_id")
    reasons: list[str] = []
    message: RequestMessage | None = None
    try:
        message = RequestMessage.model_validate(body)
    except ValidationError as error:
        reasons += [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_context=False, include_url=False)
        ]
    named = attributes.get("environment") or _salvage(body, "environment")
    if named and named != environment:
        reasons.append(
            f"environment: the message is for {named[:LONGEST_ID]!r}, "
            f"this worker serves {environment!r}"
        )
    version = attributes.get("schema_version", SCHEMA_VERSION)
    if version.split(".")[0] != SCHEMA_VERSION:
        reasons.append(
            f"schema_version: {version[:LONGEST_ID]!r} is not supported, {SCHEMA_VERSION!r} is"
        )
    if reasons or message is None:
        raise MalformedMessageError(tuple(reasons), request_id, correlation_id)
    return message


def _read_object(data: bytes) -> dict[str, object]:
    try:
        body = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise MalformedMessageError(("data: not UTF-8 text",)) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedMessageError((f"data: not JSON ({error.msg} at {where})",)) from None
    except RecursionError:
        raise MalformedMessageError(("data: JSON nested too deeply",)) from None
    except ValueError:
        # Python refuses to read whole numbers of thousands of digits.
        raise MalformedMessageError(("data: JSON with a number too long to read",)) from None
    if not isinstance(body, dict):
        raise MalformedMessageError(("data: JSON, but not an object",))
    return body


def _salvage(body: Mapping[str, object], name: str) -> str | None:
    """Return a short text field of a message that may be broken elsewhere."""
    value = body.get(name)
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if 0 < len(text) <= LONGEST_ID and text.isprintable() else None


def _salvage_id(body: Mapping[str, object]) -> UUID | None:
    """Return the request's id, if it is one."""
    try:
        return UUID(_salvage(body, "request_id"))
    except (TypeError, ValueError):
        return None


def student_named_in(data: bytes) -> str | None:
    """Return the student id that a message names, if that much of it can be read."""
    try:
        value = _read_object(data).get("student_id")
    except MalformedMessageError:
        return None
    if isinstance(value, int):
        value = str(value)
    text = value.strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= LONGEST_STUDENT_ID and text.isprintable() else None


def names_student(data: bytes, student_id: str) -> bool:
    """Tell whether a message names a student; one that cannot be read, by its bytes."""
    named = student_named_in(data)
    if named is not None:
        return named == student_id
    quoted = (json.dumps(student_id), json.dumps(student_id, ensure_ascii=False))
    return any(text.encode() in data for text in quoted)
