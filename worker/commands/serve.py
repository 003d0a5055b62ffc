"""`serve`: the page, alone or with everything that it takes on one machine."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from uuid import UUID

import structlog

from worker.adapters.database.page_requests import PostgresPageRequests
from worker.adapters.database.request_records import PostgresRequestRecords
from worker.adapters.stored_media import StoredMedia
from worker.boot_checks import judge_settings, run_preflight
from worker.bootstrap import completed_environment, open_resources
from worker.commands.exit_codes import ExitCode
from worker.commands.preflight import show
from worker.commands.run import Controls, consume
from worker.commands.submission import submit_request
from worker.curriculum.models import EVERYDAY
from worker.curriculum.reader import load_curriculum
from worker.delivery.shutdown import Shutdown
from worker.lessons.ask import Ask
from worker.lessons.look import Appearance, Look, Shape
from worker.settings import SettingFault, Settings, SettingsError, load_settings
from worker.telemetry.logs import configure_logging
from worker.upkeep import UpkeepResources, open_upkeep
from worker.web.guards import LOOPBACK
from worker.web.ports import PagePorts
from worker.web.site import PageRules, PageServer, build_site


async def serve(environ: Mapping[str, str], *, embedded: bool) -> ExitCode:
    """Serve the page until told to stop.

    Args:
        environ: The environment.
        embedded: Start the embedded servers that it does not name, and a worker.
    """
    shutdown = Shutdown()
    if embedded:
        environ = {**environ, "WORKER_PROFILE": "embedded"}
    with shutdown.on_signals():
        async with completed_environment(environ) as completed:
            try:
                settings, warnings = load_settings(completed)
            except SettingsError as error:
                return show(judge_settings(error), sys.stderr)
            configure_logging(settings.log_level, settings.log_format, project=settings.project)
            if settings.web_token is None and settings.web_host not in LOOPBACK:
                return _refuse(_UNGUARDED)
            if not embedded:
                return await _serve(settings, shutdown)
            return await _serve_with_worker(settings, warnings, shutdown)


_UNGUARDED = SettingFault(
    "WORKER_WEB_TOKEN",
    "it is not set, and WORKER_WEB_HOST is no loopback address: anyone could use the page",
    "set a token of 16 characters or more, or leave WORKER_WEB_HOST out",
)


def _refuse(fault: SettingFault) -> ExitCode:
    return show(judge_settings(SettingsError((fault,))), sys.stderr)


async def _serve_with_worker(
    settings: Settings, warnings: tuple[SettingFault, ...], shutdown: Shutdown
) -> ExitCode:
    """Serve the page beside a worker; the end of one is the end of the other."""
    async with open_resources(settings, begins_rendering=True) as resources:
        verdict = await run_preflight(resources, warnings)
        if not verdict.passed:
            return show(verdict, sys.stderr)
        working = asyncio.create_task(
            consume(resources, Controls(shutdown=shutdown), forever=True), name="worker"
        )
        working.add_done_callback(lambda _: shutdown.drain.set())
        try:
            return await _serve(settings, shutdown)
        finally:
            shutdown.drain.set()
            await working


async def _serve(settings: Settings, shutdown: Shutdown) -> ExitCode:
    async with open_upkeep(settings) as upkeep:
        server = await _page_on(upkeep)
        try:
            port = await server.start()
        except OSError as error:
            return _refuse(_taken(settings, error))
        try:
            host = f"[{settings.web_host}]" if ":" in settings.web_host else settings.web_host
            print(f"http://{host}:{port}/", flush=True)
            structlog.get_logger().info("page_open", port=port)
            await shutdown.drain.wait()
        finally:
            await server.stop()
    return ExitCode.DONE


def _taken(settings: Settings, error: OSError) -> SettingFault:
    where = f"{settings.web_host}:{settings.web_port}"
    return SettingFault(
        "WORKER_WEB_PORT",
        f"nothing can listen on {where} ({os.strerror(error.errno or 0)})",
        "end what uses the port, or set another one; 0 takes a free one",
    )


async def _page_on(upkeep: UpkeepResources) -> PageServer:
    settings = upkeep.settings
    token = settings.web_token.get_secret_value() if settings.web_token else None
    rules = PageRules(token, settings.web_orders_per_minute)
    app = build_site(await page_ports(upkeep), rules)
    return PageServer(app, host=settings.web_host, port=settings.web_port)


async def page_ports(upkeep: UpkeepResources) -> PagePorts:
    """Wire what the page reads and orders to the database, the broker and the bucket.

    Raises:
        CurriculumError: The bundled curriculum is faulty.
    """
    settings = upkeep.settings

    async def submit(ask: Ask) -> UUID:
        request = await submit_request(upkeep.engine, upkeep.publisher, settings, ask)
        return request.request_id

    curriculum = await asyncio.to_thread(load_curriculum)
    return PagePorts(
        records=PostgresRequestRecords(upkeep.engine),
        requests=PostgresPageRequests(upkeep.engine),
        letters=upkeep.dead_letters,
        media=StoredMedia(
            upkeep.session,
            settings.generated_bucket,
            emulator_url=settings.storage_emulator,
            call_seconds=settings.storage_call_seconds,
        ),
        submit=submit,
        topics=tuple(topic.request for topic in curriculum.topics),
        interests=tuple(one.label for one in curriculum.interests if one.id != EVERYDAY),
        look=Look(Shape(settings.shape), Appearance(settings.appearance)),
    )
