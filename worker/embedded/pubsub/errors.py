"""What the Pub/Sub server refuses, in Google's classes.

::

    PubsubError
    ├── InvalidArgumentError     400  the call breaks a rule
    ├── FailedPreconditionError  400  the call is right, but not in this state
    ├── NotFoundError            404
    ├── AlreadyExistsError       409
    └── UnimplementedError       501  Google serves it, this server does not
"""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar


class PubsubError(Exception):
    """A call is refused; nothing has changed.

    Attributes:
        http_status: The HTTP status of the answer.
        status: Google's canonical name of the class.
        message: One sentence for people.
    """

    http_status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    status: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidArgumentError(PubsubError):
    """The call breaks a rule, whatever the state."""

    http_status = HTTPStatus.BAD_REQUEST
    status = "INVALID_ARGUMENT"


class FailedPreconditionError(PubsubError):
    """The call is right, but not in this state."""

    http_status = HTTPStatus.BAD_REQUEST
    status = "FAILED_PRECONDITION"


class NotFoundError(PubsubError):
    """There is no such topic, subscription or snapshot."""

    http_status = HTTPStatus.NOT_FOUND
    status = "NOT_FOUND"


class AlreadyExistsError(PubsubError):
    """The name is taken."""

    http_status = HTTPStatus.CONFLICT
    status = "ALREADY_EXISTS"


class UnimplementedError(PubsubError):
    """Google serves it, this server does not; refused rather than ignored."""

    http_status = HTTPStatus.NOT_IMPLEMENTED
    status = "UNIMPLEMENTED"
