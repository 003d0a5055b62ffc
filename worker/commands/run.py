"""The worker itself: preflight, then pull until idle, out of time, or told to stop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

import structlog

from worker.boot_checks import judge_settings, run_preflight
from worker.bootstrap import Resources, build_consumer, completed_environment, open_resources
from worker.commands.exit_codes import ExitCode
from worker.commands.preflight import show
from worker.delivery.shutdown import Shutdown
from worker.lessons.errors import WorkerError
from worker.settings import SettingFault, Settings, SettingsError, load_settings
from worker.telemetry.logs import configure_logging
from worker.web.health import HealthServer, Phase, Readiness

OUTBOX_SECONDS = 2.0
"""What the outbox gets after the drain: Cloud Run kills 10 s after SIGTERM, 8 are the grace's."""


async def run(environ: Mapping[str, str], *, forever: bool) -> ExitCode:
    """Run the worker until it ends by itself or is told to.

    Args:
        environ: The environment.
        forever: Go on when idle, and past WORKER_MAX_RUNTIME.
    """
    async with completed_environment(environ) as completed:
        try:
            settings, warnings = load_settings(completed)
        except SettingsError as error:
            return show(judge_settings(error), sys.stderr)
        configure_logging(settings.log_level, settings.log_format)
        return await _run(settings, warnings, forever=forever)


async def _run(
    settings: Settings, warnings: tuple[SettingFault, ...], *, forever: bool
) -> ExitCode:
    readiness, shutdown = Readiness(), Shutdown()
    health = HealthServer(readiness, host=settings.health_host, port=settings.health_port)
    async with open_resources(settings) as resources:
        with shutdown.on_signals():
            try:
                port = await health.start()
                verdict = await run_preflight(resources, warnings)
                if not verdict.passed:
                    return show(verdict, sys.stderr)
                structlog.get_logger().info(
                    "ready", worker_id=resources.worker_id, slots=settings.slots, health_port=port
                )
                if not shutdown.drain.is_set():
                    await consume(resources, shutdown, readiness, forever=forever)
            finally:
                await health.stop()
    return ExitCode.DONE


async def consume(
    resources: Resources, shutdown: Shutdown, readiness: Readiness, *, forever: bool
) -> None:
    """Pull and deliver until the consumer ends, then let the outbox leave.

    What does not leave in time stays in the outbox, for the next worker.
    """
    consumer, relay = build_consumer(resources, shutdown, forever=forever)
    consumer.on_drain = readiness.drain
    readiness.phase = Phase.READY
    await consumer.run()
    try:
        async with asyncio.timeout(OUTBOX_SECONDS):
            await relay.drain()
    except (TimeoutError, WorkerError) as error:
        structlog.get_logger().warning("outbox_left_behind", reason=type(error).__name__)
    structlog.get_logger().info("drained", handled=consumer.handled)
