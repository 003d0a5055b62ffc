"""A worker and a real collector: what becomes of a message's trace, and of the metrics."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.acceptance.conftest import run_worker
from tests.acceptance.logged_worker import logged_worker
from tests.platform import PROJECT, Platform
from tests.protocols.otlp_collector import ExportedSpan, Manners, OtlpCollector, otlp_collector

pytestmark = pytest.mark.acceptance

TRACE, SENDER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{SENDER}-01"
SECRET = "not-for-anybody"  # noqa: S105  # a test's own


@pytest.fixture
async def collector() -> AsyncIterator[OtlpCollector]:
    async with otlp_collector() as running:
        yield running


def telemetry(collector: OtlpCollector) -> dict[str, str]:
    """What an operator sets."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={SECRET}",
        "OTEL_RESOURCE_ATTRIBUTES": "team=lessons",
        # Little is left to the end, which waits for a bounded time.
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_METRIC_EXPORT_INTERVAL": "100",
        "WORKER_IDLE_SECONDS": "2",
    }


async def test_a_message_s_trace_goes_on_from_its_sender_to_the_platform(
    platform: Platform, collector: OtlpCollector
) -> None:
    good = await platform.add_request()
    message_id = await platform.publish(platform.message(good), {"traceparent": TRACEPARENT})
    await platform.publish(b"{no json")
    finished = await run_worker(environ=platform.environ | telemetry(collector))
    assert finished.exit_code == 0, finished.err

    _judge_tree(collector.of_trace(TRACE), platform, message_id, good)
    _judge_rejection(collector, platform)
    await _judge_what_leaves(collector, platform)
    _judge_metrics(collector)
    _judge_log(finished.err, collector)
    everything = b"".join(collector.bodies)
    for private in (b"newton", b"basketball", SECRET.encode(), platform.url.encode()):
        assert private not in everything.lower()
    assert {one["x-key"] for one in collector.headers} == {SECRET}


def _judge_tree(
    spans: list[ExportedSpan], platform: Platform, message_id: str, request_id: UUID
) -> None:
    """One consumer span below the sender's, stages below it, calls below their stages."""
    named = {span.name: span for span in spans}
    root = named[f"process {platform.topic}"]
    assert (root.kind, root.parent_id, root.failed_as) == ("consumer", SENDER, None)
    assert root.attributes == root.attributes | {
        "messaging.system": "gcp_pubsub",
        "messaging.operation.type": "process",
        "messaging.destination.name": platform.topic,
        "messaging.destination.subscription.name": platform.subscription,
        "messaging.message.id": message_id,
        "messaging.gcp_pubsub.message.delivery_attempt": 1,
        "content_worker.request_id": str(request_id),
        "content_worker.settlement": "ack",
        "content_worker.status": "completed",
    }
    stages = [span for span in spans if span.name.startswith("stage ")]
    assert [span.name.removeprefix("stage ") for span in stages] == [
        "validate",
        "ground",
        "write_storyboard",
        "render",
        "publish",
        "announce",
    ]
    assert {span.parent_id for span in stages} == {root.span_id}
    assert named["claim content_requests"].parent_id == root.span_id
    assert named["end content_requests"].parent_id == named["stage announce"].span_id
    uploads = [span for span in spans if span.name == "upload cloud_storage"]
    assert {span.parent_id for span in uploads} == {named["stage publish"].span_id}
    assert all(span.attributes["content_worker.usage.bytes_stored"] > 0 for span in uploads)
    manifest = f"lessons/{request_id}/1/manifest.json"
    assert manifest in {span.attributes["content_worker.object"] for span in uploads}
    written = named["write curriculum"]
    assert written.parent_id == named["stage write_storyboard"].span_id
    assert written.attributes["content_worker.usage.cpu_seconds"] > 0
    assert [span.failed_as for span in spans] == [None] * len(spans)


def _judge_rejection(collector: OtlpCollector, platform: Platform) -> None:
    """A message without a trace begins one; the span says by its class what was wrong."""
    (root,) = (
        span
        for span in collector.spans
        if span.name == f"process {platform.topic}" and span.trace_id != TRACE
    )
    assert (root.parent_id, root.failed_as) == ("", "MalformedMessageError")
    assert root.attributes["error.type"] == "MalformedMessageError"
    assert root.attributes["content_worker.settlement"] == "reject"


async def _judge_what_leaves(collector: OtlpCollector, platform: Platform) -> None:
    """Event and dead letter name spans of the traces that they come from."""
    ((_, event),) = await platform.seen("events")
    ((_, letter),) = await platform.seen("dead")
    for attributes, trace_id in ((event, TRACE), (letter, letter["dead_letter_trace_id"])):
        _, trace, span_id, flags = attributes["traceparent"].split("-")
        assert (trace, int(flags, 16) & 1) == (trace_id, 1)
        assert span_id in {span.span_id for span in collector.of_trace(trace)}
    published = [span for span in collector.spans if span.name.startswith("publish ")]
    assert {link for span in published for link in span.linked} == {
        TRACE,
        letter["dead_letter_trace_id"],
    }


def _judge_metrics(collector: OtlpCollector) -> None:
    assert collector.value("content_worker_deliveries", settlement="ack") == 1
    assert collector.value("content_worker_deliveries", settlement="reject") == 1
    assert collector.value("content_worker_requests", status="completed") == 1
    assert collector.value("content_worker_slots") >= 1
    assert collector.value("content_worker_cost", provider="curriculum") > 0
    for resource in collector.resources:
        assert resource["service.name"] == "content-worker"
        assert (resource["team"], resource["deployment.environment.name"]) == ("lessons", "dev")
    assert len({resource["service.instance.id"] for resource in collector.resources}) == 1


def _judge_log(log: str, collector: OtlpCollector) -> None:
    """Each canonical line stands beside its delivery's span in Cloud Logging."""
    lines = [json.loads(line) for line in log.splitlines()]
    settled = {one["trace_id"]: one for one in lines if one["message"] == "delivery_settled"}
    roots = {span.trace_id: span for span in collector.spans if span.kind == "consumer"}
    assert settled.keys() == roots.keys()
    for trace_id, line in settled.items():
        assert line["logging.googleapis.com/trace"] == f"projects/{PROJECT}/traces/{trace_id}"
        assert line["logging.googleapis.com/spanId"] == roots[trace_id].span_id
        assert line["logging.googleapis.com/trace_sampled"] is True
    assert settled[TRACE]["cost"] > 0
    assert SECRET not in log


async def test_a_collector_that_hangs_costs_no_request_and_no_end(
    platform: Platform, collector: OtlpCollector
) -> None:
    """It answers nothing until the worker is gone; that ends within its grace nevertheless."""
    collector.manners = Manners.HANGS
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with logged_worker(platform.environ | telemetry(collector)) as worker:
        settled = await worker.says("delivery_settled")
        await collector.asked.wait()
        worker.send(signal.SIGTERM)
        assert await worker.ends() == 0
        assert not collector.stopped.is_set()
    assert (settled["settlement"], settled["status"]) == ("ack", "completed")
    assert worker.said("telemetry_left_behind")
