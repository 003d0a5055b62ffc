"""What exports, beside collectors that take, refuse and hang."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from tests.metrics import value_of
from tests.protocols.otlp_collector import Manners, OtlpCollector, otlp_collector
from worker.bootstrap import exported_telemetry
from worker.bootstrap.otlp_export import COMPLAINT_SECONDS, ExportFailures, OtlpExport
from worker.settings import Settings, load_settings
from worker.telemetry.metrics import Metrics
from worker.telemetry.spans import current_trace, span, traced_by

THREADS = {"OtelBatchSpanRecordProcessor", "metric-export", "telemetry-end"}

PATIENCE = 90.0

QUEUE = 2048
"""The SDK's own, OTEL_BSP_MAX_QUEUE_SIZE."""


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OtlpCollector]:
    """A collector that the environment names: the SDK reads its variables there."""
    async with otlp_collector() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.endpoint)
        yield running
        # What still exports outlives no test: it would log to a stream that is closed then.
        running.manners = Manners.TAKES
        running.stopped.set()
        for thread in threading.enumerate():
            if thread.name in THREADS:
                await asyncio.to_thread(thread.join)


def settings_of(tmp_path: Path, **given: str) -> Settings:
    embedded = {
        "WORKER_PROFILE": "embedded",
        "WORKER_STATE_DIR": str(tmp_path),
        "DATABASE_URL": "postgresql://user@localhost/name",
    }
    return load_settings(embedded | given)[0]


@pytest.fixture
def settings(tmp_path: Path, collector: OtlpCollector) -> Settings:
    return settings_of(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)


@asynccontextmanager
async def exporting(settings: Settings, metrics: Metrics) -> AsyncIterator[None]:
    """Export within the block, and at its end for as long as a slow machine needs."""
    export = OtlpExport(settings, metrics, {"service.instance.id": "worker-1"})
    with traced_by(export.tracer):
        yield
    await asyncio.to_thread(export.end_within, PATIENCE)


@pytest.mark.parametrize(
    ("given", "exported"),
    [
        ({}, (False, False)),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, (True, True)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x/v1/traces"}, (True, False)),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x/v1/metrics"}, (False, True)),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, (False, False)),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"},
            (False, True),
        ),
    ],
)
def test_what_is_exported_follows_the_standard_s_variables(
    tmp_path: Path, given: dict[str, str], exported: tuple[bool, bool]
) -> None:
    settings = settings_of(tmp_path, **given)
    assert (settings.exports_traces, settings.exports_metrics) == exported


async def test_without_an_endpoint_nothing_is_measured(tmp_path: Path) -> None:
    async with exported_telemetry(settings_of(tmp_path), Metrics(), "worker-1", lambda: False):
        with span("work"):
            assert current_trace() is None


async def test_spans_and_metrics_arrive_at_the_end_at_the_latest(
    settings: Settings, collector: OtlpCollector
) -> None:
    metrics = Metrics()
    async with exporting(settings, metrics):
        with span("work"):
            metrics.pulls.inc()
    assert [one.name for one in collector.spans] == ["work"]
    assert collector.value("content_worker_pulls") == 1
    assert {one["service.instance.id"] for one in collector.resources} == {"worker-1"}


async def test_the_collector_gets_every_series_that_prometheus_does(
    settings: Settings, collector: OtlpCollector
) -> None:
    metrics = Metrics()
    metrics.deliveries.labels("ack").inc(3)
    metrics.slots.set(4)
    for seconds in (0.01, 0.3, 3.0, 3000.0):
        metrics.stage_seconds.labels("render").observe(seconds)
    async with exporting(settings, metrics):
        shown = [
            family
            for family in text_string_to_metric_families(metrics.text().decode())
            if any(not one.name.endswith("_created") for one in family.samples)
        ]
    assert {one.name for one in collector.metrics} == {family.name for family in shown}
    assert {one.name: one.description for one in collector.metrics} == {
        family.name: family.documentation for family in shown
    }
    assert collector.value("content_worker_deliveries", settlement="ack") == 3
    assert collector.value("content_worker_slots") == 4
    (stages,) = (one for one in collector.metrics if one.name == "content_worker_stage_seconds")
    (point,) = stages.histogram.data_points
    assert (stages.unit, point.count, point.sum) == ("s", 4, pytest.approx(3003.31))
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    below = [sum(point.bucket_counts[: at + 1]) for at in range(len(point.explicit_bounds))]
    cumulative = {
        float(one.labels["le"]): one.value
        for family in shown
        for one in family.samples
        if one.name == "content_worker_stage_seconds_bucket"
    }
    assert dict(zip(point.explicit_bounds, below, strict=True)) == {
        bound: count for bound, count in cumulative.items() if bound != float("inf")
    }
    assert 0 < point.start_time_unix_nano <= point.time_unix_nano


async def test_a_collector_that_hangs_holds_up_no_span_and_the_end_for_its_time_alone(
    settings: Settings, collector: OtlpCollector
) -> None:
    """More spans than the queue has room for, while nothing is answered at all."""
    collector.manners = Manners.HANGS
    export = OtlpExport(settings, Metrics(), {})
    with traced_by(export.tracer):
        for _ in range(2 * QUEUE):
            with span("work"):
                pass
    await collector.asked.wait()
    with capture_logs() as lines:
        await asyncio.to_thread(export.end_within, 0.1)
    assert not collector.stopped.is_set()
    (line,) = (one for one in lines if one["event"] == "telemetry_left_behind")
    assert (line["after_seconds"], line["log_level"]) == (0.1, "warning")


async def test_a_collector_that_refuses_is_counted(
    settings: Settings, collector: OtlpCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    collector.manners = Manners.REFUSES
    metrics = Metrics()
    async with exporting(settings, metrics):
        with span("work"):
            pass
    for signal in ("traces", "metrics"):
        assert value_of(metrics, "telemetry_export_failures_total", signal=signal) == 1


def test_a_collector_that_takes_nothing_is_complained_about_once_a_minute() -> None:
    now = [0.0]
    failures = ExportFailures(Metrics(), lambda: now[0])
    with capture_logs() as lines:
        for now[0] in (0.0, 1.0, COMPLAINT_SECONDS - 1, COMPLAINT_SECONDS, COMPLAINT_SECONDS + 1):
            failures.hear("traces")
    assert [one["event"] for one in lines] == ["telemetry_not_exported"] * 2
