"""One delivery, from its bytes to its settlement."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog

from worker.delivery.course import Course, first_cause, received_attributes, unexpected
from worker.delivery.dead_letters import dead_letter_message
from worker.delivery.hand_back import fresh_copy
from worker.delivery.lease import Hold, LeaseKeeper
from worker.delivery.settlement import (
    Ack,
    HandBack,
    Leave,
    Park,
    Reject,
    Retry,
    RetryPolicy,
    Settlement,
    Tries,
    backoff_seconds,
    settle_absence,
    settle_failure,
    settle_refusal,
)
from worker.lessons.claim import Claim, ClaimAnswer, Claimed, NoSuchRequest
from worker.lessons.ending import Ending, EventAddress, Failure, OutgoingMessage, end_event
from worker.lessons.errors import (
    ClaimLostError,
    MalformedMessageError,
    PoisonRequestError,
    RetryableError,
    StageTimeoutError,
    WorkerError,
)
from worker.lessons.request import RequestMessage, parse_message
from worker.lessons.stage import Status
from worker.lessons.trace import Trace
from worker.lessons.trace_context import carried_trace
from worker.ports import Delivery, MessageSource, Pipeline, RejectedDelivery, RequestStore
from worker.telemetry.metrics import Metrics
from worker.telemetry.spans import Span, carried_on, received

LAST_CALL_SECONDS = 1.0
"""What each call may take that gives work back after the grace: the platform kills soon."""

LAST_CALLS_SECONDS = 3 * LAST_CALL_SECONDS
"""What the end of a drain takes at most: a release, a nack where the database did not answer,
then acks and outbox beside each other."""


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


@dataclass(frozen=True, slots=True)
class Addresses:
    """Topics that a delivery may lead to.

    Attributes:
        requests: Where messages come from, and go again when a request is given back.
        subscription: What brings them.
        dead_letters: Where rejected messages go.
        events: Where the platform hears of an end.
    """

    requests: str
    subscription: str
    dead_letters: str
    events: EventAddress


@dataclass(frozen=True, slots=True)
class RequestDelivery:
    """Carries deliveries to their settlement; one instance serves all slots."""

    source: MessageSource
    store: RequestStore
    pipeline: Pipeline
    keeper: LeaseKeeper
    limits: DeliveryLimits
    addresses: Addresses
    draw: random.Random
    now: Callable[[], datetime]
    metrics: Metrics

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery and settle it; raises only when cancelled."""
        topic, carried = self.addresses.requests, carried_trace(delivery.attributes)
        described = received_attributes(delivery, topic, self.addresses.subscription)
        with received(carried, f"process {topic}", described) as span:
            await self._settle(Course(delivery), span)

    async def _settle(self, course: Course, span: Span) -> None:
        began = time.monotonic()
        settlement: Settlement = Leave("cut off")
        try:
            settlement = await self._handle(course)
        except asyncio.CancelledError:
            settlement = course.given_back or settlement
            raise
        finally:
            course.count(settlement, self.metrics)
            course.note_on(span, settlement)
            course.log(settlement, time.monotonic() - began)

    async def _handle(self, course: Course) -> Settlement:
        try:
            with self.keeper.holding(course.delivery) as hold:
                settlement = await self._decide(course, hold)
        except RetryableError as error:
            # PostgreSQL itself was out of reach: nothing could be written, not even a count.
            settlement = self._come_back(course, error)
        except asyncio.CancelledError:
            # What was claimed is back in its row already, with a message of its own.
            course.given_back = course.given_back or Retry(0, "drained")
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_CALL_SECONDS):
                    await self._act(course.given_back, course.delivery)
            raise
        except Exception as error:  # noqa: BLE001  # a fault of ours must not lose the delivery
            settlement = self._come_back(course, unexpected(error))
        await self._act(settlement, course.delivery)
        return settlement

    def _come_back(self, course: Course, error: WorkerError) -> Retry:
        course.error = error
        delay = backoff_seconds(1, self.limits.retry, self.draw.random())
        return Retry(delay, type(error).__name__)

    async def _act(self, settlement: Settlement, delivery: Delivery) -> None:
        """Tell the broker. What does not arrive is made again.

        The delivery comes back then, and the row says what has become of its request.
        """
        try:
            match settlement:
                case Ack() | Reject() | HandBack():
                    await self.source.ack([delivery.ack_id])
                case Retry(delay_seconds=delay) | Park(delay_seconds=delay):
                    await self.keeper.settled_safely()
                    await self.source.extend([delivery.ack_id], delay)
                case Leave():
                    pass
        except WorkerError as error:
            structlog.get_logger().warning("settlement_not_delivered", reason=error.message)

    async def _decide(self, course: Course, hold: Hold) -> Settlement:
        delivery = course.delivery
        try:
            message = parse_message(
                delivery.data, delivery.attributes, self.addresses.events.environment
            )
        except MalformedMessageError as error:
            course.request_id, course.correlation_id = error.request_id, error.correlation_id
            return await self._reject(course, error)
        course.request_id, course.correlation_id = message.request_id, message.correlation_id
        match await self._claim(message, course):
            case Claimed() as claimed:
                return await self._process_or_hand_back(course, hold, claimed)
            case NoSuchRequest():
                age = (self.now() - delivery.published_at).total_seconds()
                settlement: Settlement = settle_absence(
                    delivery.delivery_attempt, age, self.limits.retry, self.draw.random()
                )
            case refusal:
                settlement = settle_refusal(refusal)
        if isinstance(settlement, Reject):
            return await self._reject(course, settlement.error)
        return settlement

    async def _claim(self, message: RequestMessage, course: Course) -> ClaimAnswer:
        """Claim; a claim that commits while the drain begins is given back."""
        claiming = asyncio.ensure_future(
            self.store.claim(message.request_id, message.correlation_id, self.limits.lease_seconds)
        )
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            await self._undo(course, claiming)
            raise

    async def _undo(self, course: Course, claiming: asyncio.Future[ClaimAnswer]) -> None:
        try:
            async with asyncio.timeout(LAST_CALL_SECONDS):
                answer = await claiming
        except (WorkerError, TimeoutError):
            return
        if isinstance(answer, Claimed):
            await self._hand_back_drained(course, answer.claim)

    async def _hand_back_drained(self, course: Course, claim: Claim) -> None:
        """Give the request back so that another worker may take it at once.

        Where the row cannot be reached the delivery is nacked, and the claim runs out.
        """
        try:
            async with asyncio.timeout(LAST_CALL_SECONDS):
                await self._hand_back(course, claim, HandBack(0, "drained"))
        except (WorkerError, TimeoutError) as error:
            structlog.get_logger().warning("claim_not_released", reason=type(error).__name__)

    async def _hand_back(
        self, course: Course, claim: Claim, settlement: HandBack, waits_for: Failure | None = None
    ) -> HandBack:
        again = fresh_copy(
            course.delivery, claim, self.addresses.requests, settlement.delay_seconds
        )
        # The next delivery is this one's sibling, where the sender named a trace.
        carried = carried_trace(course.delivery.attributes)
        again = again.carrying(carried.items() or carried_on())
        await self.store.release(claim, waits_for, again)
        course.given_back = settlement
        return settlement

    async def _process_or_hand_back(
        self, course: Course, hold: Hold, claimed: Claimed
    ) -> Settlement:
        try:
            return await self._process(course, hold, claimed)
        except asyncio.CancelledError:
            hold.claim = None
            await self._hand_back_drained(course, claimed.claim)
            raise

    async def _process(self, course: Course, hold: Hold, claimed: Claimed) -> Settlement:
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
            raise first_cause(group) from group
        except WorkerError:
            raise
        except Exception as error:
            raise unexpected(error) from error
        finally:
            hold.work = hold.claim = None

    async def _fail(self, course: Course, claimed: Claimed, error: WorkerError) -> Settlement:
        course.error = error
        failure = Failure.of(error, course.trace.stage)
        tries = Tries(claimed.failed_attempts + 1, claimed.claim.fence, claimed.age_seconds)
        settlement = settle_failure(error, tries, self.limits.retry, self.draw.random())
        try:
            if isinstance(settlement, HandBack):
                return await self._hand_back(course, claimed.claim, settlement, failure)
            if isinstance(settlement, Retry):
                await self.store.release(claimed.claim, failure)
                return settlement
            ending = Ending(Status.FAILED, failure=failure)
            rejected = RejectedDelivery(
                course.delivery, failure, course.request_id, course.correlation_id
            )
            event = end_event(
                self.addresses.events,
                claimed.claim,
                claimed.request.correlation_id,
                ending,
                self.now(),
            )
            letter = dead_letter_message(
                rejected, self.addresses.dead_letters, course.trace_id, claimed.claim
            )
            messages = [one.carrying(carried_on()) for one in (event, letter)]
            await self.store.end(claimed.claim, ending, messages, rejected)
        except ClaimLostError:
            return Leave("claim lost")
        course.ended_as = Status.FAILED
        return settlement

    async def _reject(self, course: Course, error: WorkerError) -> Settlement:
        """Dead-letter a delivery that never owned its request."""
        course.error = error
        rejected = RejectedDelivery(
            course.delivery, Failure.of(error, None), course.request_id, course.correlation_id
        )
        letter = dead_letter_message(rejected, self.addresses.dead_letters, course.trace_id)
        ending = Ending(Status.FAILED, failure=rejected.failure)

        def event_of(claim: Claim) -> OutgoingMessage:
            correlation_id = course.correlation_id or ""
            event = end_event(self.addresses.events, claim, correlation_id, ending, self.now())
            return event.carrying(carried_on())

        await self.store.reject(rejected, letter.carrying(carried_on()), event_of)
        return Reject(error)
