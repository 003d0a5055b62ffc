"""What is known of one delivery, and how it is told: one log line, a few counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog

from worker.delivery.settlement import HandBack, Retry, Settlement
from worker.lessons.errors import UnexpectedError, WorkerError
from worker.lessons.stage import Status
from worker.lessons.trace import Trace
from worker.lessons.trace_context import trace_id_in
from worker.ports import Delivery
from worker.telemetry.logs import where_raised
from worker.telemetry.metrics import Metrics


@dataclass(slots=True)
class Course:
    """What is known of one delivery so far; its canonical log line is made from it.

    Attributes:
        given_back: How a drain, or an outage, gave it back before its end.
        trace_id: Of the trace that the message belongs to, else made for this delivery.
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
        """Find the trace that the message belongs to."""
        self.trace_id = trace_id_in(self.delivery.attributes) or uuid4().hex

    def count(self, settlement: Settlement, metrics: Metrics) -> None:
        """Count the delivery, the end of its request, and the time of its stages."""
        metrics.deliveries.labels(type(settlement).__name__.lower()).inc()
        if self.ended_as is not None:
            metrics.requests.labels(self.ended_as.value).inc()
        for stage, seconds in self.trace.seconds.items():
            metrics.stage_seconds.labels(stage).observe(seconds)
        tallies = {"narration": self.trace.sentences, "segments": self.trace.segments}
        for kind, tally in tallies.items():
            for outcome in ("reused", "made", "not_kept"):
                metrics.cache_entries.labels(kind, outcome).inc(getattr(tally, outcome))

    def log(self, settlement: Settlement, seconds: float) -> None:
        """Write one line with everything that an operator asks first."""
        level = "warning" if self.error else "info"
        getattr(structlog.get_logger(), level)(
            "delivery_settled",
            settlement=type(settlement).__name__.lower(),
            why=getattr(settlement, "why", None),
            request_id=str(self.request_id) if self.request_id else None,
            correlation_id=self.correlation_id,
            trace_id=self.trace_id,
            message_id=self.delivery.message_id,
            delivery_attempt=self.delivery.delivery_attempt,
            status=self.ended_as.value if self.ended_as else None,
            stage=self.trace.stage.value if self.trace.stage else None,
            error_class=type(self.error).__name__ if self.error else None,
            error=self.error.message if self.error else None,
            reused=self.trace.reuse_report(),
            failed_rows=list(self.trace.failed_rows),
            stage_seconds=self.trace.seconds,
            seconds=round(seconds, 3),
        )


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
