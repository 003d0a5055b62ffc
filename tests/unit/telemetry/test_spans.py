"""Spans: whose they are, what they hold, and what becomes of a trace where nobody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from worker.call_spans import call_span
from worker.lessons.costs import BillableCall, Charge, Usage
from worker.telemetry.logs import configure_logging
from worker.telemetry.spans import carried_on, current_trace, received, span, traced_by

TRACE, SENDER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CARRIED = {"traceparent": f"00-{TRACE}-{SENDER}-01", "tracestate": "vendor=1"}


@pytest.fixture
def seen() -> Iterator[InMemorySpanExporter]:
    """What a tracer has measured within the test."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with traced_by(provider.get_tracer("test")):
        yield exporter


def only(seen: InMemorySpanExporter) -> ReadableSpan:
    (one,) = seen.get_finished_spans()
    return one


async def test_a_task_s_spans_lie_below_the_one_that_it_was_begun_in(
    seen: InMemorySpanExporter,
) -> None:
    async def work() -> None:
        with span("inner"):
            await asyncio.sleep(0)

    with span("outer"):
        await asyncio.gather(asyncio.create_task(work()), asyncio.create_task(work()))
    first, second, outer = seen.get_finished_spans()
    assert outer.context is not None
    for inner in (first, second):
        assert inner.parent is not None
        assert inner.parent.span_id == outer.context.span_id


def test_an_error_is_on_its_span_by_its_class_and_never_by_its_text(
    seen: InMemorySpanExporter,
) -> None:
    group = ExceptionGroup("what a student wrote", [ValueError("and more of it")])
    with pytest.raises(ExceptionGroup), span("work"):
        raise group
    failed = only(seen)
    assert (failed.status.is_ok, failed.status.description) == (False, "ValueError")
    assert failed.attributes == {"error.type": "ValueError"}
    assert "student" not in failed.to_json()
    assert failed.events == ()


def test_work_that_is_cancelled_has_not_failed(seen: InMemorySpanExporter) -> None:
    with pytest.raises(asyncio.CancelledError), span("work"):
        raise asyncio.CancelledError
    assert only(seen).status.is_unset
    assert only(seen).attributes == {"error.type": "CancelledError"}


def test_what_is_not_known_is_no_attribute(seen: InMemorySpanExporter) -> None:
    with span("work", attributes={"a": 1, "b": None}) as measured:
        measured.note({"c": "x", "d": None})
    assert only(seen).attributes == {"a": 1, "c": "x"}


def test_a_message_s_trace_goes_on_below_its_sender_s_span(seen: InMemorySpanExporter) -> None:
    with received(CARRIED, "process requests", {}):
        ids, leaves = current_trace(), dict(carried_on())
    assert ids is not None
    assert leaves == {
        "traceparent": f"00-{TRACE}-{ids.span_id}-01",
        "tracestate": "vendor=1",
    }
    parent = only(seen).parent
    assert parent is not None
    assert f"{parent.span_id:016x}" == SENDER


def test_two_messages_in_one_task_have_a_trace_each(seen: InMemorySpanExporter) -> None:
    with span("around"):
        for _ in range(2):
            with received({}, "process requests", {}):
                pass
    assert len({one.context.trace_id for one in seen.get_finished_spans() if one.context}) == 3


def test_a_message_s_trace_is_passed_on_also_where_nobody_listens() -> None:
    with received(CARRIED, "process requests", {}), span("stage"):
        assert dict(carried_on()) == CARRIED


def test_a_trace_that_is_made_up_names_lines_and_leaves_with_no_message() -> None:
    with received({}, "process requests", {}):
        ids, leaves = current_trace(), carried_on()
    assert ids is not None
    assert (len(ids.trace_id), ids.is_sampled, leaves) == (32, False, ())


def test_a_trace_that_is_not_sampled_says_so_to_whoever_comes_next() -> None:
    tracer = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False).get_tracer("test")
    with traced_by(tracer), received({}, "process requests", {}):
        ids, leaves = current_trace(), dict(carried_on())
    assert ids is not None
    assert leaves["traceparent"].startswith(f"00-{ids.trace_id}-")
    assert (int(leaves["traceparent"][-2:], 16) & 1, ids.is_sampled) == (0, False)


def test_outside_any_message_there_is_no_trace() -> None:
    assert (current_trace(), carried_on()) == (None, ())


@pytest.fixture
def stream() -> StringIO:
    stream = StringIO()
    configure_logging("info", "json", stream, project="school")
    return stream


def test_a_line_names_its_span_as_cloud_logging_reads_it(
    seen: InMemorySpanExporter, stream: StringIO
) -> None:
    with received(CARRIED, "process requests", {}), span("stage"):
        structlog.get_logger().info("within")
    structlog.get_logger().info("outside")
    within, outside = map(json.loads, stream.getvalue().splitlines())
    stage, _ = seen.get_finished_spans()
    assert stage.context is not None
    assert within["trace_id"] == TRACE
    assert within["logging.googleapis.com/trace"] == f"projects/school/traces/{TRACE}"
    assert within["logging.googleapis.com/spanId"] == f"{stage.context.span_id:016x}"
    assert within["logging.googleapis.com/trace_sampled"] is True
    assert not [name for name in outside if "trace" in name]


@pytest.mark.parametrize(
    ("call", "used", "name", "attributes"),
    [
        (
            BillableCall("gemini", "gemini-3.8-flash", Usage(tokens_in=900, tokens_out=8000)),
            Usage(tokens_in=700, tokens_out=1200),
            "generate_content gemini-3.8-flash",
            {
                "gen_ai.operation.name": "generate_content",
                "gen_ai.provider.name": "gcp.gen_ai",
                "gen_ai.request.model": "gemini-3.8-flash",
                "gen_ai.request.max_tokens": 8000,
                "gen_ai.usage.input_tokens": 700,
                "gen_ai.usage.output_tokens": 1200,
            },
        ),
        (
            BillableCall("gemini", "gemini-embedding-2", Usage(tokens_in=90)),
            None,
            "embeddings gemini-embedding-2",
            {
                "gen_ai.operation.name": "embeddings",
                "gen_ai.provider.name": "gcp.gen_ai",
                "gen_ai.request.model": "gemini-embedding-2",
            },
        ),
        (
            BillableCall("google_voice", "en-US-Neural2-F", Usage(characters=80)),
            Usage(characters=80),
            "text_to_speech en-US-Neural2-F",
            {
                "gen_ai.operation.name": "text_to_speech",
                "gen_ai.provider.name": "gcp.gen_ai",
                "gen_ai.request.model": "en-US-Neural2-F",
                "gen_ai.output.type": "speech",
                "content_worker.usage.characters": 80,
            },
        ),
        (
            BillableCall("renderer", "segment", Usage(cpu_seconds=9.0)),
            Usage(cpu_seconds=3.5),
            "segment renderer",
            {"content_worker.usage.cpu_seconds": 3.5},
        ),
    ],
)
def test_a_call_s_span_says_what_was_asked_of_whom_and_what_it_used(
    seen: InMemorySpanExporter,
    call: BillableCall,
    used: Usage | None,
    name: str,
    attributes: dict[str, object],
) -> None:
    charge = Charge(call)
    with call_span(charge):
        if used is not None:
            charge.settle(used)
    assert (only(seen).name, only(seen).attributes) == (name, attributes)
