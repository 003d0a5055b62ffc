"""What is known of one delivery, and how it is told: one log line, a few counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog

from worker.delivery.settlement import HandBack, Retry, Settlement
from worker.lessons.costs import MICROS
from worker.lessons.errors import UnexpectedError, WorkerError
from worker.lessons.stage import Status
from worker.lessons.trace import Trace
from worker.ports import Delivery
from worker.telemetry.logs import where_raised
from worker.telemetry.metrics import Metrics
from worker.telemetry.spans import Span, Value, current_trace


@dataclass(slots=True)
class Course:
    """What is known of one delivery so far; its canonical log line is made from it.

    Attributes:
        given_back: How a drain, or an outage, gave it back before its end.
        trace_id: Of the trace that the delivery is a part of.
    """

    delivery: Delivery
    trace: Trace = field(default_factory=Trace)
    request_id: UUID | None = None
    correlation_id: str | None = None
    ended_as: Status | None = None
    error: WorkerError | None = None
    given_back: HandBack | Retry | None = None
    trace_id: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the trace that is under way."""
        found = current_trace()
        self.trace_id = found.trace_id if found else uuid4().hex

    def count(self, settlement: Settlement, metrics: Metrics) -> None:
        """Count the delivery, the end of its request, and the time of its stages."""
        metrics.deliveries.labels(type(settlement).__name__.lower()).inc()
        if self.ended_as is not None:
            metrics.requests.labels(self.ended_as.value).inc()
        for stage, seconds in self.trace.seconds.items():
            metrics.stage_seconds.labels(stage).observe(seconds)
        for provider, micros in self.trace.cost_micros.items():
            metrics.cost.labels(provider).inc(micros / MICROS)
        tallies = {"narration": self.trace.sentences, "segments": self.trace.segments}
        for kind, tally in tallies.items():
            for outcome in ("reused", "made", "not_kept"):
                metrics.cache_entries.labels(kind, outcome).inc(getattr(tally, outcome))

    def note_on(self, span: Span, settlement: Settlement) -> None:
        """Say on the delivery's span whose it was, and how it ended."""
        span.note(
            {
                "content_worker.request_id": str(self.request_id) if self.request_id else None,
                "content_worker.settlement": type(settlement).__name__.lower(),
                "content_worker.status": self.ended_as.value if self.ended_as else None,
                "messaging.message.conversation_id": self.correlation_id,
            }
        )
        if self.error is not None:
            span.fail(self.error)

    def log(self, settlement: Settlement, seconds: float) -> None:
        """Write one line with everything that an operator asks first."""
        level = "warning" if self.error else "info"
        getattr(structlog.get_logger(), level)(
            "delivery_settled",
            settlement=type(settlement).__name__.lower(),
            status=self.ended_as.value if self.ended_as else None,
            why=getattr(settlement, "why", None),
            error_class=type(self.error).__name__ if self.error else None,
            error=self.error.message if self.error else None,
            stage=self.trace.stage.value if self.trace.stage else None,
            seconds=round(seconds, 3),
            stage_seconds=self.trace.seconds,
            cost=sum(self.trace.cost_micros.values()) / MICROS,
            reused=self.trace.reuse_report(),
            failed_rows=list(self.trace.failed_rows),
            request_id=str(self.request_id) if self.request_id else None,
            correlation_id=self.correlation_id,
            trace_id=self.trace_id,
            message_id=self.delivery.message_id,
            delivery_attempt=self.delivery.delivery_attempt,
        )


def received_attributes(
    delivery: Delivery, topic: str, subscription: str
) -> dict[str, Value | None]:
    """Describe a delivery in the words of OpenTelemetry's messaging conventions."""
    return {
        "messaging.system": "gcp_pubsub",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": topic,
        "messaging.destination.subscription.name": subscription,
        "messaging.message.id": delivery.message_id,
        "messaging.message.body.size": len(delivery.data),
        "messaging.gcp_pubsub.message.delivery_attempt": delivery.delivery_attempt,
    }


def first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error that a task group ended with; ours before foreign ones."""
    ours = group.subgroup(WorkerError)
    error: BaseException = ours or group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, WorkerError) else unexpected(error)


def unexpected(error: BaseException) -> UnexpectedError:
    """Wrap a fault of ours; its own text may quote data, so only its class and place are kept."""
    frames = where_raised(error)
    structlog.get_logger().error(
        "unexpected_error", error_class=type(error).__name__, frames=frames
    )
    place = frames[-1].rsplit("/", maxsplit=1)[-1] if frames else "an unknown place"
    return UnexpectedError(
        f"{type(error).__name__} at {place}", "a fault of the worker: see its log"
    )
