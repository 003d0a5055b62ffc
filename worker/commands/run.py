"""The worker itself: preflight, then pull until idle, out of time, or told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TypeVar

import structlog

from worker.boot_checks import judge_settings, run_preflight
from worker.bootstrap import (
    Resources,
    build_consumer,
    completed_environment,
    exported_telemetry,
    name_worker,
    open_resources,
)
from worker.commands.exit_codes import ExitCode
from worker.commands.preflight import show
from worker.delivery.consumer import Consumer
from worker.delivery.shutdown import Shutdown
from worker.delivery.suspension import Suspension
from worker.settings import SettingFault, Settings, SettingsError, load_settings
from worker.telemetry.logs import configure_logging
from worker.telemetry.metrics import Metrics
from worker.web.health import HealthServer, Obstacle, Phase, Readiness

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Controls:
    """What reaches a running worker from outside, and what it shows.

    Attributes:
        worker_id: The name of this process; made up by the composition root if None.
    """

    worker_id: str | None = None
    shutdown: Shutdown = field(default_factory=Shutdown)
    suspension: Suspension = field(default_factory=Suspension)
    readiness: Readiness = field(default_factory=Readiness)
    metrics: Metrics = field(default_factory=Metrics)


async def run(environ: Mapping[str, str], *, forever: bool) -> ExitCode:
    """Run the worker until it ends by itself or is told to.

    Signals are listened to from here to the very end, so that none of them kills it half way.

    Args:
        environ: The environment.
        forever: Go on when idle, and past WORKER_MAX_RUNTIME.
    """
    controls = Controls(worker_id=name_worker(environ))
    _sign(controls, environ)
    with controls.shutdown.on_signals(), controls.suspension.on_signals():
        async with completed_environment(environ) as completed:
            try:
                settings, warnings = load_settings(completed)
            except SettingsError as error:
                return show(judge_settings(error), sys.stderr)
            configure_logging(settings.log_level, settings.log_format, project=settings.project)
            return await _run(settings, warnings, controls, forever=forever)


async def _run(
    settings: Settings, warnings: tuple[SettingFault, ...], controls: Controls, *, forever: bool
) -> ExitCode:
    health = HealthServer(
        controls.readiness, controls.metrics, host=settings.health_host, port=settings.health_port
    )
    async with open_resources(
        settings, controls.metrics, controls.worker_id, begins_rendering=True
    ) as resources:
        try:
            port, faults = await _listen(health, settings)
            log = structlog.get_logger()
            log.info("starting", health_port=port)
            checks = run_preflight(resources, (*warnings, *faults))
            verdict = await _unless_drained(checks, controls.shutdown)
            if verdict is None:
                log.info("drained", handled=0)
                return ExitCode.DONE
            if not verdict.passed:
                log.error("preflight_failed", could_not_check=verdict.could_not_check)
                return show(verdict, sys.stderr)
            log.info("ready", slots=settings.slots, health_port=port)
            await consume(resources, controls, forever=forever)
        finally:
            await health.stop()
    return ExitCode.DONE


async def _listen(
    health: HealthServer, settings: Settings
) -> tuple[int | None, tuple[SettingFault, ...]]:
    """Open the health pages, and return their port, or what is wrong with it."""
    try:
        return await health.start(), ()
    except OSError as error:
        where = f"{settings.health_host}:{settings.health_port}"
        fault = SettingFault(
            "HEALTH_CHECK_PORT",
            f"nothing can listen on {where} ({os.strerror(error.errno or 0)})",
            "end what uses the port, or set another one; 0 takes a free one",
        )
        return None, (fault,)


async def _unless_drained(work: Awaitable[T], shutdown: Shutdown) -> T | None:
    """Wait for something; None where a drain is asked for before it is there."""
    working = asyncio.ensure_future(work)
    asked = asyncio.ensure_future(shutdown.drain.wait())
    try:
        await asyncio.wait([working, asked], return_when=asyncio.FIRST_COMPLETED)
        return None if asked.done() else working.result()
    finally:
        for task in (working, asked):
            task.cancel()
        await asyncio.gather(working, asked, return_exceptions=True)


def _sign(controls: Controls, environ: Mapping[str, str]) -> None:
    """Put who this is on every log line and into the metrics."""
    worker_id = controls.worker_id or ""
    index = environ.get("CLOUD_RUN_TASK_INDEX", "")
    count = environ.get("CLOUD_RUN_TASK_COUNT", "")
    task = {"task_index": index, "task_count": count} if index else {}
    structlog.contextvars.bind_contextvars(worker_id=worker_id, **task)
    controls.metrics.worker.labels(version("content-worker"), worker_id, index, count).set(1)


async def consume(resources: Resources, controls: Controls, *, forever: bool) -> None:
    """Pull and deliver until the consumer ends."""
    shutdown, readiness = controls.shutdown, controls.readiness
    consumer = build_consumer(resources, shutdown, controls.suspension, forever=forever)
    consumer.on_drain = readiness.drain
    readiness.obstacle = lambda: _obstacle(consumer)
    readiness.out_of_reach = consumer.breakers.out_of_reach
    readiness.phase = Phase.READY
    # What starting made lives as long as the worker: a full collection that walks it holds the
    # event loop for tens of milliseconds.
    gc.freeze()
    async with exported_telemetry(
        resources.settings, resources.metrics, resources.worker_id, shutdown.drain.is_set
    ):
        await consumer.run()
    structlog.get_logger().info("drained", handled=consumer.handled)


def _obstacle(consumer: Consumer) -> Obstacle | None:
    if consumer.suspension.is_paused:
        return Obstacle.PAUSED
    return Obstacle.WAITING if consumer.is_held_off else None
