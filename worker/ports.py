"""What the worker needs from outside, in its own words.

Each protocol states its obligations: whether it may block, what it raises, what may be called
twice. An adapter translates its vendor's errors into `worker.lessons.errors`, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable
from uuid import UUID

from worker.lessons.claim import Claim, ClaimAnswer, Claimed
from worker.lessons.costs import BillableCall, Usage
from worker.lessons.ending import Ending, Failure, OutgoingMessage
from worker.lessons.lesson_assembly import LessonAssembly, Narration
from worker.lessons.narration import SpokenSentence
from worker.lessons.render_plan import ScenePlan
from worker.lessons.stage import Stage
from worker.lessons.storyboard import Storyboard
from worker.lessons.trace import Trace
from worker.lessons.understanding import Grounding, LessonBrief, Understanding


@dataclass(frozen=True, slots=True)
class Delivery:
    """One receipt of a message.

    Attributes:
        delivery_attempt: The broker's ordinal, from 1; None where the subscription has no
            dead-letter policy.
    """

    ack_id: str = field(repr=False)
    message_id: str
    data: bytes = field(repr=False)
    attributes: Mapping[str, str]
    published_at: datetime
    delivery_attempt: int | None


class MessageSource(Protocol):
    """A subscription.

    Every method may raise DependencyUnavailableError. `ack` and `extend` may be called twice
    for the same delivery, and after its deadline; they then change nothing.
    """

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Wait for deliveries; up to `limit` of them, or none when the wait ends.

        Cancelling it is safe: what the broker had handed out is redelivered at its deadline.
        """
        ...

    async def ack(self, ack_ids: Sequence[str]) -> None:
        """End deliveries for good."""
        ...

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Move ack deadlines to `seconds` from now; 0 gives the deliveries back at once."""
        ...


class Publisher(Protocol):
    """Topics to publish to."""

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message and return its id. At least once: a retry may publish twice.

        Raises:
            DependencyUnavailableError: The broker did not take it.
        """
        ...

    async def publish_batch(
        self, topic: str, contents: Sequence[tuple[bytes, Mapping[str, str]]]
    ) -> Sequence[str]:
        """Publish several messages in one call, all or none, and return their ids in order.

        Raises:
            DependencyUnavailableError: The broker did not take them.
        """
        ...


class ObjectStore(Protocol):
    """A bucket store. Every method may raise DependencyUnavailableError."""

    async def upload(self, bucket: str, name: str, source: Path, content_type: str) -> None:
        """Store a file under a name; a second call with the same name replaces it whole."""
        ...

    async def download(self, bucket: str, name: str, target: Path) -> None:
        """Write an object to a file; the file exists only when it is complete.

        Raises:
            FileNotFoundError: There is no such object.
        """
        ...

    async def delete(self, bucket: str, name: str) -> None:
        """Delete an object; one that does not exist is fine."""
        ...


class CostLedger(Protocol):
    """What every billable call costs. Every method is one short transaction.

    Every method may raise DependencyUnavailableError. A charge that is reserved and never heard
    of again is settled by its estimate when its request ends: a worker may die at any point.
    Whoever makes a billable call uses `worker.charges.charged`, not the ledger itself.
    """

    async def reserve(self, claim: Claim, stage: Stage, call: BillableCall) -> UUID:
        """Write down that a call is about to be made, if every budget has room for it.

        What is reserved counts against the budgets at once, for every worker.

        Returns:
            The id of the charge.

        Raises:
            RequestBudgetError: The call does not fit, today or ever; nothing is reserved.
            DayBudgetError: It does not fit today; nothing is reserved.
            UnpricedCallError: The price table has no price for it.
            ClaimLostError: Somebody else owns the request now.
        """
        ...

    async def settle(self, charge_id: UUID, call: BillableCall, used: Usage) -> None:
        """Write down what a call has used; what was reserved beyond it is free again.

        It asks for no claim: what was bought was bought. A second time changes nothing.

        Raises:
            UnpricedCallError: Something was used that has no price; the estimate stays.
        """
        ...

    async def assume(self, charge_id: UUID) -> None:
        """Settle a call by its estimate: nobody knows what it used, or whether it was made."""
        ...

    async def void(self, charge_id: UUID) -> None:
        """Write down that a call bought nothing, and free what was reserved for it."""
        ...


class Voice(Protocol):
    """A text-to-speech voice."""

    @property
    def name(self) -> str:
        """The voice's name, as reports show it."""
        ...

    @property
    def identity(self) -> str:
        """Everything beside text and rate that decides the sound: voice, libraries, code.

        Two voices of one identity speak alike, so that a narration may be kept under it.
        """
        ...

    async def speak(
        self, text: str, words_per_minute: float, language: str = "en"
    ) -> SpokenSentence:
        """Speak one sentence without blocking the event loop.

        Args:
            text: One sentence of speakable words.
            words_per_minute: The rate that the voice keeps on average over many sentences.
            language: The text's, as a BCP 47 tag.

        Raises:
            NarrationError: The voice cannot speak this text, or not this language.
            DependencyUnavailableError: The voice did not answer.
        """
        ...


class Tutor(Protocol):
    """Knows the topics: understands an ask, names its sources, writes its storyboard.

    Where the knowledge is remote every method may raise DependencyUnavailableError, and
    AnswerUnusableError for an answer that cannot be used.
    """

    @property
    def identity(self) -> str:
        """Everything beside an ask that decides what it answers: model, prompts, topics, code.

        Checkpoints are kept under it, so that a new prompt does not take up an old answer.
        """
        ...

    async def understand(self, query: str, grade_level: int) -> Understanding:
        """Say what a student's words ask for; never guess a topic that does not fit."""
        ...

    async def ground(self, topic_id: str) -> Grounding:
        """Return the sources that a lesson on the topic may rest on."""
        ...

    async def write_storyboard(self, brief: LessonBrief) -> Storyboard:
        """Write the lesson's storyboard.

        A remote writer may answer the same brief otherwise the next time: the checkpoint keeps
        what it wrote.

        Raises:
            ContentBlockedError: The writer's filters for minors refuse it.
        """
        ...


class EmbeddingPurpose(StrEnum):
    """What an embedding is for: a question is embedded otherwise than what answers it."""

    PASSAGE = "passage"
    QUESTION = "question"


class Embedder(Protocol):
    """Turns texts into vectors whose nearness is nearness of meaning."""

    @property
    def identity(self) -> str:
        """What decides the vectors: only those of one identity may be compared."""
        ...

    async def embed(
        self, texts: Sequence[str], purpose: EmbeddingPurpose
    ) -> Sequence[tuple[float, ...]]:
        """Return one vector of length 1 for each text, in order, all of one dimension.

        Raises:
            ValueError: A text is empty.
            DependencyUnavailableError: The model did not answer.
        """
        ...


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
class Shortcoming:
    """Something that a provider lacks for the work that is ahead.

    Attributes:
        variable: The setting that names it.
        consequence: What will happen without it.
        mend: What to do, as the exact line where there is one.
        is_error: False for a warning: the worker can run.
    """

    variable: str
    message: str
    consequence: str
    mend: str
    is_error: bool = True


@runtime_checkable
class SelfChecking(Protocol):
    """An adapter that can tell, before the first message, whether its provider serves it."""

    async def shortcomings(self) -> Sequence[Shortcoming]:
        """Ask the provider, at no cost: is the model there, the voice, the quota?

        Raises:
            DependencyUnavailableError: It does not answer.
            RefusedError: It refuses to say.
        """
        ...


class Pipeline(Protocol):
    """Takes a claimed request to its end."""

    async def run(self, claimed: Claimed, trace: Trace) -> Ending:
        """Run the stages, end the request in the store, and return how it ended.

        Raises:
            RetryableError: The same request may succeed later.
            PermanentError: It never will.
            ClaimLostError: Somebody else owns it now.
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


@dataclass(frozen=True, slots=True)
class LessonFacts:
    """What a finished video was measured to be, read back from the file itself."""

    width: int
    height: int
    video_seconds: float
    audio_seconds: float
    byte_count: int


class LessonRenderer(Protocol):
    """Draws and encodes. Safe to call concurrently; bounded by its own pool.

    Every method leaves the target file complete or absent. Cancelling a call stops the work.
    """

    @property
    def identity(self) -> str:
        """Everything beside the plan that decides a segment's bytes: libraries, fonts, code."""
        ...

    async def render_segment(
        self, plan: ScenePlan, target: Path, on_progress: Callable[[int], None]
    ) -> float:
        """Encode one scene to a segment file; `on_progress` hears the frames done so far.

        Returns:
            The seconds that the work took, waiting for its turn left out.

        Raises:
            RenderCrashedError: The child died.
        """
        ...

    async def encode_narration(self, narration: Narration, target: Path) -> None:
        """Bring the whole narration to its loudness and encode it, for `assemble`.

        Raises:
            RenderCrashedError: The child died.
            LessonInvalidError: The narration is not as long as its video.
        """
        ...

    async def assemble(self, assembly: LessonAssembly, target: Path) -> LessonFacts:
        """Join segments and the encoded narration into one MP4, and measure it.

        Raises:
            RenderCrashedError: The child died.
            LessonInvalidError: The file is not what was planned.
        """
        ...

    async def draw_poster(self, plan: ScenePlan, frame: int, target: Path) -> None:
        """Write one frame of a scene as a PNG.

        Raises:
            RenderCrashedError: The child died.
        """
        ...
