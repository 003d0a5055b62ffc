"""One delivery, from its bytes to its settlement."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from worker.delivery.dead_letters import dead_letter_message
from worker.delivery.lease import Hold, LeaseKeeper
from worker.delivery.settlement import (
    Ack,
    Leave,
    Park,
    Reject,
    Retry,
    RetryPolicy,
    Settlement,
    backoff_seconds,
    park_for,
    settle_failure,
)
from worker.lessons.claim import AlreadyEnded, Claim, Claimed, ClaimHeld, Conflict, NoSuchRequest
from worker.lessons.ending import Ending, EventAddress, Failure, OutgoingMessage, end_event
from worker.lessons.errors import (
    ClaimLostError,
    MalformedMessageError,
    PoisonRequestError,
    RequestConflictError,
    RetryableError,
    StageTimeoutError,
    UnexpectedError,
    UnknownRequestError,
    WorkerError,
)
from worker.lessons.request import RequestMessage, parse_message
from worker.lessons.stage import Status
from worker.lessons.trace import Trace
from worker.ports import Delivery, MessageSource, Pipeline, RejectedDelivery, RequestStore
from worker.telemetry.logs import where_raised

UNKNOWN_REQUEST_SECONDS = 600.0
"""How old a message without a row may grow where the broker counts no attempts."""


@dataclass(frozen=True, slots=True)
class DeliveryLimits:
    """The limits on one delivery.

    Attributes:
        max_claims: Claims without progress after which a request is poison.
        request_seconds: Time for all stages together.
    """

    retry: RetryPolicy
    max_claims: int
    lease_seconds: float
    request_seconds: float


@dataclass(slots=True)
class _Course:
    """What is known of one delivery so far; its canonical log line is made from it."""

    delivery: Delivery
    trace: Trace = field(default_factory=Trace)
    request_id: UUID | None = None
    correlation_id: str | None = None
    ended_as: Status | None = None
    error: WorkerError | None = None


@dataclass(frozen=True, slots=True)
class RequestDelivery:
    """Carries deliveries to their settlement; one instance serves all slots."""

    source: MessageSource
    store: RequestStore
    pipeline: Pipeline
    keeper: LeaseKeeper
    limits: DeliveryLimits
    events: EventAddress
    dead_letter_topic: str
    draw: random.Random
    now: Callable[[], datetime]

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery and settle it; raises only when cancelled."""
        began = time.monotonic()
        course = _Course(delivery)
        settlement: Settlement = Leave("drained")
        try:
            settlement = await self._handle(course)
        finally:
            _log_canonical_line(course, settlement, time.monotonic() - began)

    async def _handle(self, course: _Course) -> Settlement:
        try:
            with self.keeper.holding(course.delivery) as hold:
                settlement = await self._decide(course, hold)
        except RetryableError as error:
            # PostgreSQL itself was out of reach: nothing could be written, not even a count.
            settlement = self._come_back(course, error)
        except asyncio.CancelledError:
            await self._act(Retry(0, "drained"), course.delivery)
            raise
        except Exception as error:  # noqa: BLE001  # a fault of ours must not lose the delivery
            settlement = self._come_back(course, _unexpected(error))
        await self._act(settlement, course.delivery)
        return settlement

    def _come_back(self, course: _Course, error: WorkerError) -> Retry:
        course.error = error
        delay = backoff_seconds(1, self.limits.retry, self.draw.random())
        return Retry(delay, type(error).__name__)

    async def _act(self, settlement: Settlement, delivery: Delivery) -> None:
        """Tell the broker. What does not arrive is made again.

        The delivery comes back then, and the row says what has become of its request.
        """
        await self.keeper.settled_safely()
        try:
            match settlement:
                case Ack() | Reject():
                    await self.source.ack([delivery.ack_id])
                case Retry(delay_seconds=delay) | Park(delay_seconds=delay):
                    await self.source.extend([delivery.ack_id], delay)
                case Leave():
                    pass
        except WorkerError as error:
            structlog.get_logger().warning("settlement_not_delivered", reason=error.message)

    async def _decide(self, course: _Course, hold: Hold) -> Settlement:
        delivery = course.delivery
        try:
            message = parse_message(delivery.data, delivery.attributes, self.events.environment)
        except MalformedMessageError as error:
            course.request_id = _uuid_or_none(error.request_id)
            course.correlation_id = error.correlation_id
            return await self._reject(course, error)
        course.request_id, course.correlation_id = message.request_id, message.correlation_id
        answer = await self.store.claim(
            message.request_id, message.correlation_id, self.limits.lease_seconds
        )
        match answer:
            case Claimed():
                return await self._process(course, hold, answer)
            case ClaimHeld(seconds_left=seconds_left):
                return park_for(seconds_left)
            case AlreadyEnded(status=status):
                return Ack(f"already {status.value}")
            case Conflict(reason=reason):
                return await self._reject(course, RequestConflictError(reason))
            case NoSuchRequest():
                return await self._wait_for_row(course, message)

    async def _wait_for_row(self, course: _Course, message: RequestMessage) -> Settlement:
        """Try again for a row that may not be committed yet, a bounded number of times."""
        delivery = course.delivery
        age = (self.now() - delivery.published_at).total_seconds()
        attempt = delivery.delivery_attempt
        tries_used = attempt is not None and attempt >= self.limits.retry.max_attempts
        if tries_used or (attempt is None and age > UNKNOWN_REQUEST_SECONDS):
            reason = f"no request {message.request_id} after {attempt or 'many'} deliveries"
            return await self._reject(course, UnknownRequestError(reason))
        delay = backoff_seconds(attempt or 1, self.limits.retry, self.draw.random())
        return Retry(delay, "no row yet")

    async def _process(self, course: _Course, hold: Hold, claimed: Claimed) -> Settlement:
        hold.claim = claimed.claim
        try:
            if claimed.claims_without_progress > self.limits.max_claims:
                raise PoisonRequestError(
                    f"{claimed.claims_without_progress - 1} claims ended without progress",
                    "see what killed the worker (memory?), then replay the dead letter",
                )
            ending = await self._run_pipeline(hold, claimed, course.trace)
        except ClaimLostError as error:
            course.error = error
            return Leave("claim lost")
        except WorkerError as error:
            return await self._fail(course, claimed, error)
        except asyncio.CancelledError:
            hold.claim = None
            with suppress(WorkerError):
                await self.store.release(claimed.claim, None)
            raise
        course.ended_as = ending.status
        return Ack(ending.status.value)

    async def _run_pipeline(self, hold: Hold, claimed: Claimed, trace: Trace) -> Ending:
        """Run the stages as a task of its own, which a lost lease or the time limit ends."""
        work = asyncio.create_task(self.pipeline.run(claimed, trace), name="pipeline")
        hold.work = work
        try:
            async with asyncio.timeout(self.limits.request_seconds):
                return await work
        except TimeoutError:
            raise StageTimeoutError(
                f"the request took longer than {self.limits.request_seconds:.0f} s"
            ) from None
        except asyncio.CancelledError:
            if hold.lost:
                raise ClaimLostError("the claim went to another worker") from None
            raise
        except BaseExceptionGroup as group:
            raise _first_cause(group) from group
        except WorkerError:
            raise
        except Exception as error:
            raise _unexpected(error) from error
        finally:
            hold.work = hold.claim = None

    async def _fail(self, course: _Course, claimed: Claimed, error: WorkerError) -> Settlement:
        course.error = error
        failure = Failure.of(error, course.trace.stage)
        settlement = settle_failure(
            error, claimed.failed_attempts + 1, self.limits.retry, self.draw.random()
        )
        try:
            if isinstance(settlement, Retry):
                await self.store.release(claimed.claim, failure)
                return settlement
            ending = Ending(Status.FAILED, failure=failure)
            rejected = RejectedDelivery(
                course.delivery, failure, course.request_id, course.correlation_id
            )
            event = end_event(
                self.events, claimed.claim, claimed.request.correlation_id, ending, self.now()
            )
            letter = dead_letter_message(rejected, self.dead_letter_topic)
            await self.store.end(claimed.claim, ending, [event, letter], rejected)
        except ClaimLostError:
            return Leave("claim lost")
        course.ended_as = Status.FAILED
        return settlement

    async def _reject(self, course: _Course, error: WorkerError) -> Settlement:
        """Dead-letter a delivery that never owned its request."""
        course.error = error
        rejected = RejectedDelivery(
            course.delivery, Failure.of(error, None), course.request_id, course.correlation_id
        )
        letter = dead_letter_message(rejected, self.dead_letter_topic)
        ending = Ending(Status.FAILED, failure=rejected.failure)

        def event_of(claim: Claim) -> OutgoingMessage:
            correlation_id = course.correlation_id or ""
            return end_event(self.events, claim, correlation_id, ending, self.now())

        await self.store.reject(rejected, letter, event_of)
        return Reject(error)


def _uuid_or_none(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error that a task group ended with; ours before foreign ones."""
    ours = group.subgroup(WorkerError)
    error: BaseException = ours or group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, WorkerError) else _unexpected(error)


def _unexpected(error: BaseException) -> UnexpectedError:
    """Wrap a fault of ours; its own text may quote data, so only its class and place are kept."""
    frames = where_raised(error)
    structlog.get_logger().error(
        "unexpected_error", error_class=type(error).__name__, frames=frames
    )
    place = frames[-1].rsplit("/", maxsplit=1)[-1] if frames else "an unknown place"
    return UnexpectedError(
        f"{type(error).__name__} at {place}", "a fault of the worker: see its log"
    )


def _log_canonical_line(course: _Course, settlement: Settlement, seconds: float) -> None:
    """One line for each delivery, with everything that an operator asks first."""
    level = "warning" if course.error else "info"
    getattr(structlog.get_logger(), level)(
        "delivery_settled",
        settlement=type(settlement).__name__.lower(),
        why=getattr(settlement, "why", None),
        request_id=str(course.request_id) if course.request_id else None,
        correlation_id=course.correlation_id,
        message_id=course.delivery.message_id,
        delivery_attempt=course.delivery.delivery_attempt,
        status=course.ended_as.value if course.ended_as else None,
        stage=course.trace.stage.value if course.trace.stage else None,
        error_class=type(course.error).__name__ if course.error else None,
        error=course.error.message if course.error else None,
        reused=course.trace.reused,
        stage_seconds=course.trace.seconds,
        seconds=round(seconds, 3),
    )
