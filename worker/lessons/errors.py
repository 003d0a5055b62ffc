"""Every error that a delivery can meet; its class answers "retry, reject or crash?".

::

    WorkerError
    ├── RetryableError          the same delivery may succeed later: retry
    │   ├── DependencyUnavailableError   a database, broker, store or provider did not answer
    │   ├── CircuitOpenError             a breaker is open: it was not even asked
    │   ├── StageTimeoutError            a stage used up its time
    │   │   └── RenderTimeoutError       a render child used up its own, and was killed
    │   ├── RenderCrashedError           a render child died
    │   └── UnexpectedError              a fault of ours; tried again a bounded number of times
    ├── PermanentError          no retry can help: reject
    │   ├── MalformedMessageError        the message breaks its schema
    │   ├── RequestConflictError         the message and the row contradict each other
    │   ├── UnknownRequestError          no row, and the broker's tries are used up
    │   ├── PoisonRequestError           too many claims ended without progress
    │   ├── DeliveriesExhaustedError     the broker itself gave the message up
    │   ├── NarrationError               the voice cannot speak this text
    │   ├── LayoutError                  a text cannot be laid out
    │   └── LessonInvalidError           the assembled lesson is not what was planned
    ├── RefusedError            a dependency answered, and its answer is no: mend the deployment
    └── ClaimLostError          somebody else owns the request now: stop, write nothing

Facts are attributes, so that policies never parse a text. Every class pickles: errors cross
process borders. No message holds what a student wrote.
"""

from __future__ import annotations

from uuid import UUID


class WorkerError(Exception):
    """The root of all errors of a delivery.

    Attributes:
        hint: What an operator can do about it, or an empty string.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class RetryableError(WorkerError):
    """The same delivery may succeed later."""


class DependencyUnavailableError(RetryableError):
    """Something outside did not answer, or said that it could not serve now."""


class CircuitOpenError(RetryableError):
    """A dependency's breaker is open: the call was not made, and nothing has failed by it.

    Attributes:
        dependency: Its name.
        seconds_left: When it is worth trying again.
    """

    def __init__(self, dependency: str, seconds_left: float) -> None:
        super().__init__(
            f"the {dependency} is out of reach: calls are paused",
            "see why it does not answer; calls are made again by themselves",
        )
        self.args = (dependency, seconds_left)
        self.dependency = dependency
        self.seconds_left = seconds_left


class StageTimeoutError(RetryableError):
    """A stage used up its time."""


class RenderTimeoutError(StageTimeoutError):
    """A render used up its time; its child was killed, and other renders go on."""


class RenderCrashedError(RetryableError):
    """A render child died before it finished its segment."""


class UnexpectedError(RetryableError):
    """A fault of ours: tried again a bounded number of times, then rejected."""


class PermanentError(WorkerError):
    """No retry can help."""


class MalformedMessageError(PermanentError):
    """A message breaks its schema.

    Attributes:
        reasons: One sentence for each fault, naming the field and never quoting the student.
        request_id: The request that the message names, if that much could be read.
        correlation_id: The message's correlation id, if that much could be read.
    """

    def __init__(
        self,
        reasons: tuple[str, ...],
        request_id: UUID | None = None,
        correlation_id: str | None = None,
    ) -> None:
        super().__init__("; ".join(reasons), "mend the publisher; docs/message.schema.json is it")
        self.args = (reasons, request_id, correlation_id)
        self.reasons = reasons
        self.request_id = request_id
        self.correlation_id = correlation_id


class RequestConflictError(PermanentError):
    """The message and the row contradict each other."""


class UnknownRequestError(PermanentError):
    """No row bears the message's request id, and the broker's tries are used up."""


class PoisonRequestError(PermanentError):
    """Too many claims of one request ended without progress."""


class DeliveriesExhaustedError(PermanentError):
    """The broker itself gave the message up, after as many deliveries as it may make."""


class NarrationError(PermanentError):
    """The voice cannot speak this text."""


class LayoutError(PermanentError):
    """A text cannot be laid out: no room at the smallest size, or no glyph for a character."""


class LessonInvalidError(PermanentError):
    """The assembled lesson is not what was planned."""


class RefusedError(WorkerError):
    """A dependency answered, and its answer is no: a fault of the deployment, not of a request.

    While a request is worked on it counts as a failed attempt: a grant may be on its way.
    """


class ClaimLostError(WorkerError):
    """Somebody else owns the request now; nothing more may be written for it."""
