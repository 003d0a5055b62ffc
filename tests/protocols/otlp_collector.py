"""A collector that speaks OTLP over HTTP on loopback, and refuses or hangs as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


class Manners(Enum):
    """What becomes of an export."""

    TAKES = "takes"
    REFUSES = "refuses"
    HANGS = "hangs"


@dataclass(frozen=True, slots=True)
class ExportedSpan:
    """One span, as a backend would show it."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    failed_as: str | None
    linked: tuple[str, ...]


@dataclass(slots=True)
class OtlpCollector:
    """What arrived, and how it is answered.

    Attributes:
        bodies: Every export as bytes.
        headers: Of every export.
        asked: Set at the first export.
        stopped: Set at the end; an export that hangs waits for it.
    """

    manners: Manners = Manners.TAKES
    endpoint: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    spans: list[ExportedSpan] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def take_traces(self, request: web.Request) -> web.Response:
        """Take spans."""
        body = await self._admit(request)
        for part in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(_plain(part.resource.attributes))
            self.spans += [_read(span) for scope in part.scope_spans for span in scope.spans]
        return _answer(ExportTraceServiceResponse())

    async def take_metrics(self, request: web.Request) -> web.Response:
        """Take metrics."""
        body = await self._admit(request)
        for part in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            self.resources.append(_plain(part.resource.attributes))
            self.metrics += [metric for scope in part.scope_metrics for metric in scope.metrics]
        return _answer(ExportMetricsServiceResponse())

    async def _admit(self, request: web.Request) -> bytes:
        body = await request.read()
        self.asked.set()
        if self.manners is Manners.HANGS:
            await self.stopped.wait()
        if self.manners is not Manners.TAKES:
            raise web.HTTPServiceUnavailable
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        return body

    def of_trace(self, trace_id: str) -> list[ExportedSpan]:
        """Return the spans of one trace."""
        return [span for span in self.spans if span.trace_id == trace_id]

    def value(self, name: str, **labels: str) -> float:
        """Return the last value of one series; 0 where there is none."""
        found = 0.0
        for metric in self.metrics:
            if metric.name == name:
                points = metric.gauge.data_points or metric.sum.data_points
                found = next(
                    (one.as_double for one in points if _plain(one.attributes) == labels), found
                )
        return found


@asynccontextmanager
async def otlp_collector() -> AsyncIterator[OtlpCollector]:
    """Serve within the block."""
    collector = OtlpCollector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take_traces)
    app.router.add_post("/v1/metrics", collector.take_metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        collector.stopped.set()
        await runner.cleanup()


def _answer(message: Any) -> web.Response:
    return web.Response(body=message.SerializeToString(), content_type="application/x-protobuf")


def _read(span: Span) -> ExportedSpan:
    has_failed = span.status.code == Status.STATUS_CODE_ERROR
    return ExportedSpan(
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_plain(span.attributes),
        failed_as=span.status.message if has_failed else None,
        linked=tuple(link.trace_id.hex() for link in span.links),
    )


def _plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "") for one in attributes}
