"""OpenTelemetry's SDK, set up: spans and metrics go to a collector over OTLP/HTTP.

Two threads of its own export. The one of the spans takes them from a bounded queue, which drops
what does not fit; nothing that works on a request ever waits for either. No global provider is
set: libraries that know OpenTelemetry would write spans of their own, whose attributes are not
ours to answer for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

import structlog
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Tracer

from worker.bootstrap.registry_reading import read_registry
from worker.settings import Settings
from worker.telemetry.metrics import Metrics

COMPLAINT_SECONDS = 60.0
"""How often a collector that takes nothing is complained about."""

EXPORTERS = logging.getLogger("opentelemetry.exporter")
"""They write a line with every attempt, for ever; ours are enough."""


class OtlpExport:
    """What exports, from its making to `end_within`.

    Args:
        settings: Whether traces and metrics are exported, and how often the latter.
        metrics: What is exported.
        named: Attributes of this process; those of the standard's variables come first.

    Attributes:
        tracer: For the spans; None where traces are not exported.
    """

    def __init__(self, settings: Settings, metrics: Metrics, named: Mapping[str, str]) -> None:
        EXPORTERS.setLevel(logging.CRITICAL)
        resource = _resource(named)
        failures = ExportFailures(metrics)
        self.tracer: Tracer | None = None
        self._endings: list[Callable[[], object]] = []
        if settings.exports_traces:
            spans = BatchSpanProcessor(HeardSpans(OTLPSpanExporter(), failures))
            provider = TracerProvider(resource=resource, shutdown_on_exit=False)
            provider.add_span_processor(spans)
            self.tracer = provider.get_tracer("content-worker", version("content-worker"))
            self._endings.append(spans.shutdown)
        if settings.exports_metrics:
            seconds = settings.metric_interval_milliseconds / 1000
            export = MetricExport(OTLPMetricExporter(), metrics, resource, failures)
            self._endings.append(export.end)
            export.start(seconds)

    def end_within(self, seconds: float) -> None:
        """Export what is left; what a collector does not take in time is lost, and said so."""
        ends_at = time.monotonic() + seconds
        threads = [
            threading.Thread(target=one, name="telemetry-end", daemon=True) for one in self._endings
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, ends_at - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            structlog.get_logger().warning("telemetry_left_behind", after_seconds=seconds)


def _resource(named: Mapping[str, str]) -> Resource:
    """Describe this process; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES outweigh us."""
    theirs = OTELResourceDetector().detect().attributes
    return Resource.create({name: value for name, value in named.items() if name not in theirs})


class ExportFailures:
    """Counts exports that failed, and says so once a minute at most."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._complained_at: float | None = None

    def hear(self, signal: str) -> None:
        """Hear that one batch was not taken; it is lost."""
        self._metrics.telemetry_export_failures.labels(signal).inc()
        now = self._clock()
        if self._complained_at is None or now - self._complained_at >= COMPLAINT_SECONDS:
            self._complained_at = now
            structlog.get_logger().warning("telemetry_not_exported", signal=signal)


class HeardSpans(SpanExporter):
    """An exporter of spans whose failures are heard."""

    def __init__(self, inner: SpanExporter, failures: ExportFailures) -> None:
        self._inner, self._failures = inner, failures

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export a batch, within the exporter's own time limit."""
        result = self._inner.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._failures.hear("traces")
        return result

    def shutdown(self) -> None:
        """Close its connection."""
        self._inner.shutdown()


class MetricExport:
    """Exports the registry again and again, from a thread of its own.

    The SDK's own reader asks instruments of the SDK; ours are Prometheus' and stay the only ones.
    """

    def __init__(
        self,
        exporter: MetricExporter,
        metrics: Metrics,
        resource: Resource,
        failures: ExportFailures,
    ) -> None:
        self._exporter, self._metrics, self._resource = exporter, metrics, resource
        self._failures = failures
        self._began = time.time_ns()
        self._is_ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, seconds: float) -> None:
        """Export every so many seconds."""
        self._thread = threading.Thread(
            target=self._run, args=(seconds,), name="metric-export", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Export a last time, after the export that is under way."""
        self._is_ending.set()
        if self._thread is not None:
            self._thread.join()
        self._export()
        self._exporter.shutdown()

    def _run(self, seconds: float) -> None:
        while not self._is_ending.wait(seconds):
            self._export()

    def _export(self) -> None:
        found = read_registry(self._metrics.registry, self._resource, self._began, time.time_ns())
        if self._exporter.export(found) is not MetricExportResult.SUCCESS:
            self._failures.hear("metrics")
