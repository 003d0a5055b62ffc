"""One lesson on this machine, from a real message: row, message, worker, files."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from rich.console import Console

from worker.adapters.database.request_book import PostgresRequestBook, RequestState
from worker.boot_checks import judge_settings, run_preflight
from worker.bootstrap import Resources, embedded_servers, open_resources
from worker.commands.exit_codes import ExitCode
from worker.commands.following import follow_with_bar, print_end
from worker.commands.preflight import show
from worker.commands.run import Controls, consume
from worker.commands.submission import submit_request
from worker.delivery.shutdown import Shutdown
from worker.lessons.ask import Ask
from worker.lessons.stage import ANSWERS, Status
from worker.settings import SettingsError, load_settings
from worker.telemetry.logs import configure_logging


@dataclass(frozen=True, slots=True)
class DemoAsk:
    """What to make a lesson of, and where.

    Attributes:
        out: Folder for the lesson; `lessons/TOPIC-ID` if None.
        keep: State folder that another demo can reuse; a temporary one if None.
    """

    ask: Ask
    out: Path | None
    keep: Path | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class _Made:
    request_id: UUID
    state: RequestState
    folder: Path | None
    elapsed_seconds: float


async def demo(environ: Mapping[str, str], ask: DemoAsk) -> ExitCode:
    """Start what is missing, check it, make the lesson, and leave it in a folder."""
    began = time.monotonic()
    console = Console(stderr=True)
    console.print("[dim]Starting PostgreSQL, Pub/Sub and the object store …[/]")
    environ = {**environ, "WORKER_PROFILE": "embedded"}
    async with embedded_servers(environ, ask.keep) as completed:
        try:
            settings, warnings = load_settings(completed)
        except SettingsError as error:
            return show(judge_settings(error), sys.stderr)
        level = "warning" if settings.log_level == "info" else settings.log_level
        configure_logging(level, settings.log_format)
        async with open_resources(settings, begins_rendering=True) as resources:
            console.print("[dim]Running the preflight …[/]")
            verdict = await run_preflight(resources, warnings)
            if not verdict.passed:
                return show(verdict, sys.stderr)
            request = await submit_request(resources.engine, resources.publisher, settings, ask.ask)
            request_id = request.request_id
            state = await _work_until_ended(resources, request_id, console)
            folder = await _fetch(resources, state, ask)
    return _report(_Made(request_id, state, folder, time.monotonic() - began), ask, console)


async def _work_until_ended(
    resources: Resources, request_id: UUID, console: Console
) -> RequestState:
    """Run the real worker, and show the row's progress, until the request is ended."""
    shutdown = Shutdown()
    book = PostgresRequestBook(resources.engine)
    with shutdown.on_signals():
        working = asyncio.create_task(
            consume(resources, Controls(shutdown=shutdown), forever=True), name="worker"
        )
        try:
            await follow_with_bar(book, request_id, console, working.done)
        finally:
            if not shutdown.drain.is_set():
                shutdown.drain.set()
            await working
    return await book.read(request_id)


async def _fetch(resources: Resources, state: RequestState, ask: DemoAsk) -> Path | None:
    """Bring the lesson's files from the object store into a folder."""
    if state.status is not Status.COMPLETED:
        return None
    folder = ask.out or _free_folder(Path("lessons"), state.topic or "lesson")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    bucket = resources.settings.generated_bucket
    await asyncio.gather(
        *(
            resources.objects.download(bucket, object_name, folder / name)
            for name, object_name in state.objects
        )
    )
    return folder


def _free_folder(parent: Path, topic: str) -> Path:
    """Return a folder named for the topic that no earlier lesson has taken."""
    slug = re.sub(r"[^a-z0-9]+", "-", topic.lower().replace("'", "")).strip("-")
    number = 1
    while (folder := parent / (slug if number == 1 else f"{slug}-{number}")).exists():
        number += 1
    return folder


def _report(made: _Made, ask: DemoAsk, console: Console) -> ExitCode:
    state = made.state
    if state.status is Status.COMPLETED and made.folder is not None:
        length = f" of {state.duration_seconds:.0f} s" if state.duration_seconds else ""
        console.print(
            f"[bold green]A lesson{length} on {state.topic}[/], "
            f"made in {made.elapsed_seconds:.0f} s:"
        )
        print(made.folder)
    else:
        print_end(state, console)
    if ask.as_json:
        print(_as_json(made))
    return ExitCode.DONE if state.status in ANSWERS else ExitCode.OWN_FAULT


def _as_json(made: _Made) -> str:
    return json.dumps(
        {
            "request_id": str(made.request_id),
            "status": made.state.status.value,
            "out_dir": str(made.folder) if made.folder else None,
            "duration_seconds": made.state.duration_seconds,
            "elapsed_seconds": round(made.elapsed_seconds, 3),
            "stage_seconds": dict(made.state.stage_seconds),
            "questions": list(made.state.questions),
            "help_text": made.state.help_text,
        }
    )
