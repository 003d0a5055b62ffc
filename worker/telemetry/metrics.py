"""Every metric of the worker: name, labels and help, declared here and nowhere else.

One object holds them, on a registry of its own, and is passed to whoever counts. Labels come
from closed sets (settlements, stages, statuses, dependencies), so that the number of series is
bounded. Seconds and bytes are the units, as Prometheus advises ("Metric and label naming").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""What `Metrics.text` is: Prometheus' text format."""

STAGE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640)
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5)

BREAKER_STATES: Mapping[str, int] = {"closed": 0, "half_open": 1, "open": 2}
"""How the state of a breaker reads as a number."""


class Metrics:
    """The worker's counters, gauges and histograms.

    Attributes:
        registry: Where they are registered; nothing global, so that tests may have many.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._declare_deliveries()
        self._declare_dependencies()
        self._declare_process()

    def _declare_deliveries(self) -> None:
        self.deliveries = self._counter(
            "deliveries", "Deliveries that were settled, by how.", "settlement"
        )
        self.requests = self._counter("requests", "Requests that ended, by how.", "status")
        self.stage_seconds = Histogram(
            "content_worker_stage_seconds",
            "Time that one run of a stage took, failed runs included.",
            ("stage",),
            registry=self.registry,
            buckets=STAGE_BUCKETS,
        )
        self.cost = self._counter(
            "cost",
            "What deliveries spent, by the price table and in its currency, by who was paid.",
            "provider",
        )
        self.cache_entries = self._counter(
            "cache_entries",
            "Sentences and segments that were taken from the cache, made, and made but not kept.",
            "kind",
            "outcome",
        )
        self.in_flight = self._gauge("deliveries_in_flight", "Deliveries being worked on.")
        self.slots = self._gauge("slots", "Deliveries that may be worked on at once.")
        self.pulls = self._counter("pulls", "Pulls that the broker answered.")
        self.pull_failures = self._counter("pull_failures", "Pulls that it did not.")
        self.lease_beats_failed = self._counter(
            "lease_beats_failed", "Extensions of ack deadlines or claims that failed."
        )
        self.leases_lost = self._counter(
            "leases_lost", "Works that were stopped because another worker has the request."
        )

    def _declare_dependencies(self) -> None:
        self.breaker_state = self._gauge(
            "breaker_state", "0 closed, 1 half-open, 2 open.", "dependency"
        )
        self.breaker_openings = self._counter(
            "breaker_openings", "Times that a breaker opened.", "dependency"
        )
        self.outbox_backlog = self._gauge("outbox_backlog", "Outbox rows that have not left.")
        self.outbox_oldest_seconds = self._gauge(
            "outbox_oldest_seconds",
            "Seconds that the oldest outbox row should have left before; 0 for none.",
        )
        self.render_children_replaced = self._counter(
            "render_children_replaced", "Render children that were replaced, by why.", "reason"
        )

    def _declare_process(self) -> None:
        self.telemetry_export_failures = self._counter(
            "telemetry_export_failures", "Batches that no collector took, by signal.", "signal"
        )
        self.loop_lag_seconds = Histogram(
            "content_worker_loop_lag_seconds",
            "How much later than asked the event loop woke a sleeping task.",
            registry=self.registry,
            buckets=LAG_BUCKETS,
        )
        self.worker = self._gauge(
            "info",
            "Always 1; the labels say which worker this is.",
            "version",
            "worker_id",
            "task_index",
            "task_count",
        )

    def watch_breaker(self, dependency: str, state: Callable[[], str]) -> None:
        """Ask for a breaker's state whenever the metrics are read."""
        gauge = self.breaker_state.labels(dependency)
        gauge.set_function(lambda: BREAKER_STATES[state()])

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"content_worker_{name}", documentation, labels, registry=self.registry)

    def _gauge(self, name: str, documentation: str, *labels: str) -> Gauge:
        return Gauge(f"content_worker_{name}", documentation, labels, registry=self.registry)
