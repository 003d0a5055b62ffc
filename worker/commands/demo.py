"""One lesson on this machine, from a real message: row, message, worker, files."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from worker.adapters.database.request_book import PostgresRequestBook, RequestState
from worker.boot_checks import judge_settings, run_preflight
from worker.bootstrap import Resources, embedded_servers, open_resources
from worker.commands.exit_codes import ExitCode
from worker.commands.preflight import show
from worker.commands.run import Controls, consume
from worker.delivery.shutdown import Shutdown
from worker.lessons.request import SCHEMA_VERSION, LessonRequest, Modality, RequestMessage
from worker.lessons.stage import ANSWERS, Status
from worker.settings import SettingsError, load_settings
from worker.telemetry.logs import configure_logging

POLL_SECONDS = 0.2

STAGE_WORDS = {
    Status.PENDING: "Waiting for the worker",
    Status.VALIDATING: "Understanding the question",
    Status.RETRIEVING: "Finding sources",
    Status.GENERATING_SCRIPT: "Writing the storyboard",
    Status.NARRATING: "Speaking the narration",
    Status.GENERATING_VIDEO: "Drawing the scenes",
    Status.PROCESSING_VIDEO: "Publishing the lesson",
    Status.NOTIFYING: "Telling the platform",
}


@dataclass(frozen=True, slots=True)
class DemoAsk:
    """What to make a lesson of.

    Attributes:
        out: Folder for the lesson; `lessons/TOPIC-ID` if None.
        keep: State folder that another demo can reuse; a temporary one if None.
    """

    query: str = field(repr=False)
    grade_level: int
    interest: str | None = field(repr=False)
    duration_seconds: int
    modalities: tuple[Modality, ...]
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
        async with open_resources(settings) as resources:
            console.print("[dim]Running the preflight …[/]")
            verdict = await run_preflight(resources, warnings)
            if not verdict.passed:
                return show(verdict, sys.stderr)
            request_id = await _submit(resources, ask)
            state = await _work_until_ended(resources, request_id, console)
            folder = await _fetch(resources, state, ask)
    return _report(_Made(request_id, state, folder, time.monotonic() - began), ask, console)


async def _submit(resources: Resources, ask: DemoAsk) -> UUID:
    """Do what the platform does: write the row, then publish the message that names it."""
    settings = resources.settings
    request = LessonRequest(
        request_id=uuid4(),
        correlation_id=str(uuid4()),
        student_id="demo-student",
        organization_id="demo-school",
        query=ask.query,
        grade_level=ask.grade_level,
        interest=ask.interest,
        language="en",
        duration_seconds=ask.duration_seconds,
        modalities=ask.modalities,
    )
    message = RequestMessage(
        request_id=request.request_id,
        correlation_id=request.correlation_id,
        student_id=request.student_id,
        student_query=request.query,
        grade_level=request.grade_level,
        interest=request.interest,
        duration_minutes=request.duration_seconds / 60,
        requested_modalities=request.modalities,
        organization_id=request.organization_id,
        environment=settings.environment,
    )
    book = PostgresRequestBook(resources.engine)
    await book.add(request, "Demo School")
    await resources.publisher.publish(
        settings.topic,
        message.model_dump_json().encode(),
        {"environment": settings.environment, "schema_version": SCHEMA_VERSION},
    )
    await book.mark_sent(request.request_id)
    return request.request_id


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
            with Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=40),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                console=console,
            ) as progress:
                bar = progress.add_task(STAGE_WORDS[Status.PENDING], total=100)
                while True:
                    state = await book.read(request_id)
                    words = STAGE_WORDS.get(state.status, "Done")
                    progress.update(bar, description=words, completed=state.percentage)
                    if state.status.is_end or working.done():
                        break
                    await asyncio.sleep(POLL_SECONDS)
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
    elif not state.status.is_end:
        console.print("[bold yellow]Stopped before the lesson was ready.[/]")
    elif state.questions:
        console.print(f"[bold yellow]{_ANSWERS[state.status]}[/]")
        for question in state.questions:
            console.print(f"  • {question}")
    else:
        console.print(f"[bold red]{state.status.value}[/]: {state.error} {state.error_hint or ''}")
    if ask.as_json:
        print(_as_json(made))
    return ExitCode.DONE if state.status in ANSWERS else ExitCode.OWN_FAULT


_ANSWERS = {
    Status.CLARIFICATION_NEEDED: "Which of these is meant?",
    Status.OUT_OF_SCOPE: "There is no lesson on that yet. These come nearest:",
}


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
        }
    )
