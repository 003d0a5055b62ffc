"""Traces and metrics leave over OTLP where the environment names an endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from worker.settings import Settings
from worker.telemetry.metrics import Metrics
from worker.telemetry.spans import traced_by

FLUSH_SECONDS = 5.0
"""What the last export may take at an end that nobody waits for."""

FLUSH_SECONDS_OF_A_DRAIN = 1.0
"""And at one that the platform waits for: it leaves a second of Cloud Run's ten to end children."""


@asynccontextmanager
async def exported_telemetry(
    settings: Settings, metrics: Metrics, worker_id: str, is_drained: Callable[[], bool]
) -> AsyncIterator[None]:
    """Export the spans of the block and the metrics while it runs, and what is left at its end.

    Nothing here waits for the collector but the end, and that for a bounded time.

    Args:
        settings: They say whether, and what; how, the SDK reads from its own variables.
        metrics: The registry that `/metrics` shows.
        worker_id: The name of this process.
        is_drained: Whether the platform waits for the end.
    """
    if not (settings.exports_traces or settings.exports_metrics):
        yield
        return
    from worker.bootstrap.otlp_export import OtlpExport  # noqa: PLC0415  # 0.2 s, for who exports

    named = {
        "service.name": settings.service_name,
        "service.version": version("content-worker"),
        "service.instance.id": worker_id,
        "deployment.environment.name": settings.environment,
    }
    export = OtlpExport(settings, metrics, named)
    try:
        with traced_by(export.tracer):
            yield
    finally:
        seconds = FLUSH_SECONDS_OF_A_DRAIN if is_drained() else FLUSH_SECONDS
        await asyncio.to_thread(export.end_within, seconds)
