"""Every error that a delivery can meet; its class answers "retry, reject or crash?".

::

    WorkerError
    ├── RetryableError          the same delivery may succeed later: retry
    │   ├── DependencyUnavailableError   a database, broker, store or provider did not answer
    │   ├── CircuitOpenError             a breaker is open: it was not even asked
    │   ├── StageTimeoutError            a stage used up its time
    │   │   └── RenderTimeoutError       a render child used up its own, and was killed
    │   ├── RenderCrashedError           a render child died
    │   ├── DayBudgetError               what may be spent today is spent: tomorrow again
    │   ├── AnswerUnusableError          the writer's answers, mended too, were no storyboard
    │   └── UnexpectedError              a fault of ours; tried again a bounded number of times
    ├── PermanentError          no retry can help: reject
    │   ├── MalformedMessageError        the message breaks its schema
    │   ├── RequestConflictError         the message and the row contradict each other
    │   ├── RequestOptionsError          the row asks for pictures that no lesson has
    │   ├── UnknownRequestError          no row, and the broker's tries are used up
    │   ├── PoisonRequestError           too many claims ended without progress
    │   ├── DeliveriesExhaustedError     the broker itself gave the message up
    │   ├── RequestBudgetError           the request would cost more than it may
    │   ├── NarrationError               the voice cannot speak this text
    │   ├── ContentBlockedError          the writer's filters for minors refuse to write this
    │   ├── LayoutError                  a text cannot be laid out
    │   ├── LessonInvalidError           the assembled lesson is not what was planned
    │   └── LessonWithheldError          a row of the lesson rules fails, and settings withhold
    ├── RefusedError            a dependency answered, and its answer is no: mend the deployment
    │   └── UnpricedCallError            a call that the price table knows no price for
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
        dependency: Whose answer or silence it is, once a guard has heard it.
    """

    dependency = ""

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


class AnswerUnusableError(RetryableError):
    """The writer answered, was told what was wrong, and its answer still cannot be used.

    Another attempt draws another answer, so that it is tried again a bounded number of times.
    """


class DayBudgetError(RetryableError):
    """What may be spent on one day is spent: no call was made, and tomorrow it may be.

    Attributes:
        scope: Whose budget: `organization` or `day`.
        limit_micros: The budget, in millionths of the currency.
        seconds_left: Until the day ends, at 0:00 UTC.
    """

    def __init__(self, scope: str, limit_micros: int, seconds_left: float) -> None:
        super().__init__(
            f"the {scope}'s budget of the day is spent ({limit_micros / 1_000_000:.6g})",
            f"wait for 0:00 UTC, or raise WORKER_BUDGET_{scope.upper()}",
        )
        self.args = (scope, limit_micros, seconds_left)
        self.scope = scope
        self.limit_micros = limit_micros
        self.seconds_left = seconds_left


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


class RequestOptionsError(PermanentError):
    """The row's `request_metadata` asks for pictures that no lesson has.

    Attributes:
        faults: One sentence for each key, quoting no value.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(
            f"request_metadata: {'; '.join(faults)}",
            "mend the row, or leave the key out for the worker's own settings",
        )
        self.args = (faults,)
        self.faults = faults


class UnknownRequestError(PermanentError):
    """No row bears the message's request id, and the broker's tries are used up."""


class PoisonRequestError(PermanentError):
    """Too many claims of one request ended without progress."""


class DeliveriesExhaustedError(PermanentError):
    """The broker itself gave the message up, after as many deliveries as it may make."""


class RequestBudgetError(PermanentError):
    """The next call would take a request over a budget that no wait mends; it was not made.

    Attributes:
        scope: Whose budget: `request`, or that of one day where this call alone is too dear.
        limit_micros: The budget, in millionths of the currency.
        call_micros: What the call was estimated at.
    """

    def __init__(self, scope: str, limit_micros: int, call_micros: int) -> None:
        super().__init__(
            f"a call for {call_micros / 1_000_000:.6g} does not fit into the budget of the "
            f"{scope} ({limit_micros / 1_000_000:.6g})",
            f"raise WORKER_BUDGET_{scope.upper()}, then replay the dead letter",
        )
        self.args = (scope, limit_micros, call_micros)
        self.scope = scope
        self.limit_micros = limit_micros
        self.call_micros = call_micros


class NarrationError(PermanentError):
    """The voice cannot speak this text."""


class ContentBlockedError(PermanentError):
    """The writer's filters for minors refuse to write this: the request ends as unsafe."""


class LayoutError(PermanentError):
    """A text cannot be laid out: no room at the smallest size, or no glyph for a character."""


class LessonInvalidError(PermanentError):
    """The assembled lesson is not what was planned."""


class LessonWithheldError(PermanentError):
    """A finished lesson fails rows of the lesson rules, and settings withhold such a lesson.

    Attributes:
        rows: The names of the rows that fail.
    """

    def __init__(self, rows: tuple[str, ...]) -> None:
        super().__init__(
            f"the lesson fails the rules {', '.join(rows)}",
            "mend what wrote it, or set WORKER_QUALITY_GATE=report to publish it as it is",
        )
        self.args = (rows,)
        self.rows = rows


class RefusedError(WorkerError):
    """A dependency answered, and its answer is no: a fault of the deployment, not of a request.

    While a request is worked on it counts as a failed attempt: a grant may be on its way.
    """


class UnpricedCallError(RefusedError):
    """A call that the price table knows no price for; it is not made.

    Attributes:
        provider: Who would be paid.
        operation: For what.
        unit: The quantity without a price.
    """

    def __init__(self, provider: str, operation: str, unit: str) -> None:
        super().__init__(
            f"no price is known for the {unit} of {provider} {operation}",
            "add it to the price table, and name your own table in WORKER_PRICES",
        )
        self.args = (provider, operation, unit)
        self.provider = provider
        self.operation = operation
        self.unit = unit


class ClaimLostError(WorkerError):
    """Somebody else owns the request now; nothing more may be written for it."""
