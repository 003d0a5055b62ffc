"""The ports behind their breakers: each call has a time limit, and its outcome is heard.

Only a dependency that does not answer counts as a failure. One that says no (a refusal, a text
that the voice cannot speak, a claim that is lost) has answered; a call that was cancelled, or
that a fault of ours ended, says nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from worker.delivery.breaker import Breaker, Ticket
from worker.lessons.claim import Claim, ClaimAnswer
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.ending import Ending, Failure, OutgoingMessage
from worker.lessons.errors import DependencyUnavailableError, WorkerError
from worker.lessons.narration import SpokenSentence
from worker.lessons.stage import Stage
from worker.lessons.storyboard import Storyboard
from worker.lessons.understanding import Grounding, LessonBrief, Section, Understanding
from worker.ports import (
    CostLedger,
    Delivery,
    MessageSource,
    ObjectStore,
    Outbox,
    OutboxBacklog,
    OutboxLease,
    Publisher,
    RejectedDelivery,
    RequestStore,
    Tutor,
    Voice,
)
from worker.telemetry.spans import Kind, Span, Value, span


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands before every call to one dependency.

    Attributes:
        call_seconds: Time for one call.
    """

    breaker: Breaker
    call_seconds: float

    @asynccontextmanager
    async def call(
        self, *, urgent: bool = False, has_own_limit: bool = False
    ) -> AsyncIterator[None]:
        """Let one call through, limit its time, and hear how it ends.

        Args:
            urgent: Make the call even if the breaker is open: it saves work.
            has_own_limit: The call ends by itself, and may take longer than others.

        Raises:
            CircuitOpenError: The call is not made: the breaker is open.
            DependencyUnavailableError: It took too long.
        """
        ticket = await self.breaker.admit_after_probe(self.call_seconds, urgent=urgent)
        try:
            async with self._limited(None if has_own_limit else self.call_seconds):
                yield
        except WorkerError as error:
            self._hear(ticket, error)
            raise
        except BaseException:
            self.breaker.abandoned(ticket)
            raise
        self.breaker.succeeded(ticket)

    def _hear(self, ticket: Ticket, error: WorkerError) -> None:
        """Hear how a call failed; what a guard within it has heard is another dependency's."""
        own = self.breaker.dependency.value
        error.dependency = error.dependency or own
        if error.dependency != own:
            self.breaker.abandoned(ticket)
        elif isinstance(error, DependencyUnavailableError):
            self.breaker.failed(ticket)
        else:
            self.breaker.succeeded(ticket)

    @asynccontextmanager
    async def _limited(self, seconds: float | None) -> AsyncIterator[None]:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise DependencyUnavailableError(
                f"the {self.breaker.dependency.value} did not answer within {seconds:g} s"
            ) from error


@dataclass(frozen=True, slots=True)
class GuardedSource:
    """A MessageSource behind its breaker. What holds or ends a delivery is always tried."""

    inner: MessageSource
    guard: Guard

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Wait for deliveries; the subscription's own wait is its time limit."""
        async with self.guard.call(has_own_limit=True):
            return await self.inner.pull(limit)

    async def ack(self, ack_ids: Sequence[str]) -> None:
        """End deliveries for good."""
        async with self.guard.call(urgent=True):
            await self.inner.ack(ack_ids)

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Move ack deadlines."""
        async with self.guard.call(urgent=True):
            await self.inner.extend(ack_ids, seconds)


@dataclass(frozen=True, slots=True)
class GuardedPublisher:
    """A Publisher behind the broker's breaker."""

    inner: Publisher
    guard: Guard

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message."""
        async with self.guard.call():
            return await self.inner.publish(topic, data, attributes)

    async def publish_batch(
        self, topic: str, contents: Sequence[tuple[bytes, Mapping[str, str]]]
    ) -> Sequence[str]:
        """Publish several messages in one call."""
        async with self.guard.call():
            return await self.inner.publish_batch(topic, contents)


@dataclass(frozen=True, slots=True)
class GuardedObjects:
    """An ObjectStore behind its breaker."""

    inner: ObjectStore
    guard: Guard

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Store a file."""
        async with self.guard.call():
            await self.inner.upload(bucket, name, source, content_type)

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Write an object to a file; that there is none is an answer."""
        missing: FileNotFoundError | None = None
        async with self.guard.call():
            try:
                await self.inner.download(bucket, name, target)
            except FileNotFoundError as error:
                missing = error
        if missing is not None:
            raise missing

    async def delete(self, bucket: str, name: str) -> None:
        """Delete an object."""
        async with self.guard.call():
            await self.inner.delete(bucket, name)


@dataclass(frozen=True, slots=True)
class GuardedVoice:
    """A Voice behind its breaker."""

    inner: Voice
    guard: Guard

    @property
    def name(self) -> str:
        """The voice's own name."""
        return self.inner.name

    @property
    def identity(self) -> str:
        """The voice's own identity."""
        return self.inner.identity

    async def speak(
        self, text: str, words_per_minute: float, language: str = "en"
    ) -> SpokenSentence:
        """Speak one sentence."""
        async with self.guard.call():
            return await self.inner.speak(text, words_per_minute, language)


@dataclass(frozen=True, slots=True)
class GuardedTutor:
    """A Tutor behind the writer's breaker."""

    inner: Tutor
    guard: Guard

    @property
    def identity(self) -> str:
        """The tutor's own identity."""
        return self.inner.identity

    async def understand(
        self, query: str, grade_level: int, sections: Sequence[Section] = ()
    ) -> Understanding:
        """Understand an ask."""
        async with self.guard.call():
            return await self.inner.understand(query, grade_level, sections)

    async def ground(self, topic_id: str) -> Grounding:
        """Name the sources."""
        async with self.guard.call():
            return await self.inner.ground(topic_id)

    async def write_storyboard(self, brief: LessonBrief) -> Storyboard:
        """Write a storyboard."""
        async with self.guard.call():
            return await self.inner.write_storyboard(brief)


def _statement(what: str) -> AbstractContextManager[Span]:
    """Measure one of the transactions that decide what becomes of a request."""
    described: dict[str, Value | None] = {
        "db.system.name": "postgresql",
        "db.operation.name": what,
        "db.collection.name": "content_requests",
    }
    return span(f"{what} content_requests", Kind.CLIENT, described)


@dataclass(frozen=True, slots=True)
class GuardedRequests:
    """A RequestStore behind the database's breaker. What keeps or ends work is always tried."""

    inner: RequestStore
    guard: Guard

    async def claim(
        self, request_id: UUID, correlation_id: str, lease_seconds: float
    ) -> ClaimAnswer:
        """Try to own a request."""
        with _statement("claim"):
            async with self.guard.call():
                return await self.inner.claim(request_id, correlation_id, lease_seconds)

    async def renew(self, claims: Sequence[Claim], lease_seconds: float) -> frozenset[Claim]:
        """Make claims last."""
        async with self.guard.call(urgent=True):
            return await self.inner.renew(claims, lease_seconds)

    async def release(
        self, claim: Claim, failure: Failure | None, again: OutgoingMessage | None = None
    ) -> None:
        """Give a request back."""
        with _statement("release"):
            async with self.guard.call(urgent=True):
                await self.inner.release(claim, failure, again)

    async def begin_stage(self, claim: Claim, stage: Stage, input_digest: str) -> bytes | None:
        """Enter a stage."""
        async with self.guard.call():
            return await self.inner.begin_stage(claim, stage, input_digest)

    async def report_progress(self, claim: Claim, percentage: int) -> None:
        """Show how far the request is."""
        async with self.guard.call():
            await self.inner.report_progress(claim, percentage)

    async def finish_stage(self, claim: Claim, stage: Stage, checkpoint: bytes | None) -> None:
        """Leave a stage; its checkpoint keeps work that is done."""
        async with self.guard.call(urgent=True):
            await self.inner.finish_stage(claim, stage, checkpoint)

    async def count_claims_anew(self, claim: Claim) -> None:
        """Say that this claim made progress."""
        async with self.guard.call():
            await self.inner.count_claims_anew(claim)

    async def name_topic(self, claim: Claim, topic: str, objective: str) -> None:
        """Write down what the request is about."""
        async with self.guard.call():
            await self.inner.name_topic(claim, topic, objective)

    async def end(
        self,
        claim: Claim,
        ending: Ending,
        messages: Sequence[OutgoingMessage],
        dead_letter: RejectedDelivery | None = None,
    ) -> None:
        """End the request."""
        with _statement("end"):
            async with self.guard.call(urgent=True):
                await self.inner.end(claim, ending, messages, dead_letter)

    async def reject(
        self,
        rejected: RejectedDelivery,
        letter: OutgoingMessage,
        event_of: Callable[[Claim], OutgoingMessage],
    ) -> bool:
        """Keep a rejected delivery."""
        with _statement("reject"):
            async with self.guard.call(urgent=True):
                return await self.inner.reject(rejected, letter, event_of)


@dataclass(frozen=True, slots=True)
class GuardedLedger:
    """A CostLedger behind the database's breaker. What is bought is always written down."""

    inner: CostLedger
    guard: Guard

    async def reserve(self, claim: Claim, stage: Stage, call: BillableCall) -> UUID:
        """Write down that a call is about to be made."""
        async with self.guard.call():
            return await self.inner.reserve(claim, stage, call)

    async def settle(self, charge_id: UUID, call: BillableCall, used: Usage) -> None:
        """Write down what a call has used."""
        async with self.guard.call(urgent=True):
            await self.inner.settle(charge_id, call, used)

    async def assume(self, charge_id: UUID) -> None:
        """Let the estimate stand."""
        async with self.guard.call(urgent=True):
            await self.inner.assume(charge_id)

    async def void(self, charge_id: UUID) -> None:
        """Write down that a call bought nothing."""
        async with self.guard.call(urgent=True):
            await self.inner.void(charge_id)


@dataclass(frozen=True, slots=True)
class GuardedOutbox:
    """An Outbox behind the database's breaker. What is leased is always marked."""

    inner: Outbox
    guard: Guard

    async def lease(self, limit: int, lease_seconds: float) -> Sequence[OutboxLease]:
        """Take rows that have not left."""
        async with self.guard.call():
            return await self.inner.lease(limit, lease_seconds)

    async def mark_published(self, message_ids: Mapping[UUID, str]) -> None:
        """Write down what the broker took."""
        async with self.guard.call(urgent=True):
            await self.inner.mark_published(message_ids)

    async def postpone(self, event_id: UUID, seconds: float) -> None:
        """Give a row back."""
        async with self.guard.call(urgent=True):
            await self.inner.postpone(event_id, seconds)

    async def backlog(self) -> OutboxBacklog:
        """Count what waits."""
        async with self.guard.call():
            return await self.inner.backlog()
