"""The rows of requests, their dead letters and their outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

from worker.lessons.claim import Claim, ClaimAnswer
from worker.lessons.ending import Ending, Failure, OutgoingMessage
from worker.lessons.stage import Stage
from worker.ports.broker import Delivery


@dataclass(frozen=True, slots=True)
class RejectedDelivery:
    """A delivery that no retry can help, kept whole for the dead letters."""

    delivery: Delivery
    failure: Failure
    request_id: UUID | None
    correlation_id: str | None


class RequestStore(Protocol):
    """The rows of requests. Every method is one short transaction.

    Every method may raise DependencyUnavailableError. Those that take a claim raise
    ClaimLostError, and change nothing, when the claim's fence is not the row's any more.
    """

    async def claim(
        self, request_id: UUID, correlation_id: str, lease_seconds: float
    ) -> ClaimAnswer:
        """Try to own a request for `lease_seconds` by the database's clock."""
        ...

    async def renew(self, claims: Sequence[Claim], lease_seconds: float) -> frozenset[Claim]:
        """Make claims last `lease_seconds` from now; return those that nobody else has taken.

        A request that has ended under its claim's fence is not lost: its own end is the reason.
        """
        ...

    async def release(
        self, claim: Claim, failure: Failure | None, again: OutgoingMessage | None = None
    ) -> None:
        """Give a request back: it is pending again.

        May be called twice: what is given back already stays as it is.

        Args:
            claim: The claim that ends.
            failure: What failed, for the row; None for a request that nothing went wrong with.
                It is counted only without `again`: a request that is handed back with a
                fresh message waits for something, and has not failed.
            again: The message that brings the request back, for the outbox; None where its
                delivery comes back by itself.
        """
        ...

    async def begin_stage(self, claim: Claim, stage: Stage, input_digest: str) -> bytes | None:
        """Enter a stage; return its checkpoint where the same input has passed it before."""
        ...

    async def report_progress(self, claim: Claim, percentage: int) -> None:
        """Show how far the request is, 0-100; it never goes back."""
        ...

    async def finish_stage(self, claim: Claim, stage: Stage, checkpoint: bytes | None) -> None:
        """Leave a stage, with its checkpoint as JSON where it can be resumed from."""
        ...

    async def count_claims_anew(self, claim: Claim) -> None:
        """Say that something was kept that a redelivery takes up: this claim made progress."""
        ...

    async def name_topic(self, claim: Claim, topic: str, objective: str) -> None:
        """Write down what the request was understood to be about."""
        ...

    async def end(
        self,
        claim: Claim,
        ending: Ending,
        messages: Sequence[OutgoingMessage],
        dead_letter: RejectedDelivery | None = None,
    ) -> None:
        """End the request; status, manifest, outbox rows and dead letter commit together."""
        ...

    async def reject(
        self,
        rejected: RejectedDelivery,
        letter: OutgoingMessage,
        event_of: Callable[[Claim], OutgoingMessage],
    ) -> bool:
        """Keep a rejected delivery, once for each message id, and send its dead letter.

        The row that it names is marked failed, with the event that says so, only if it is
        pending, unclaimed and bears the same correlation id. Nothing is kept of a request that
        was erased. Returns whether the delivery was kept now.
        """
        ...


class LetterShelf(Protocol):
    """The dead letters, as a sweep adds to them. May raise DependencyUnavailableError."""

    async def keep(self, rejected: RejectedDelivery) -> bool:
        """Keep a delivery that the broker gave up, once for each message id.

        The request that it names stays as it is. Nothing is kept of a request that was erased.
        Returns whether the delivery was kept now.
        """
        ...


@dataclass(frozen=True, slots=True)
class OutboxLease:
    """An outbox row that this worker may publish now."""

    message: OutgoingMessage
    attempts: int


class OutboxBacklog(NamedTuple):
    """What has not left yet.

    Attributes:
        waiting: Rows that have not left, whatever they wait for.
        oldest_seconds: How late the latest is, 0 where none is: a row that is to wait, or that
            is on its way for the first time, is not late.
    """

    waiting: int
    oldest_seconds: float


class Outbox(Protocol):
    """Messages that must leave at least once. May raise DependencyUnavailableError."""

    async def lease(self, limit: int, lease_seconds: float) -> Sequence[OutboxLease]:
        """Take up to `limit` unpublished rows that nobody else holds."""
        ...

    async def mark_published(self, message_ids: Mapping[UUID, str]) -> None:
        """Write down which messages the broker took: event id to message id."""
        ...

    async def postpone(self, event_id: UUID, seconds: float) -> None:
        """Give a row that this worker leased back, to be leased again after a delay."""
        ...

    async def backlog(self) -> OutboxBacklog:
        """Count the rows that have not left."""
        ...
