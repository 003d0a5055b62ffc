"""Has the worker make chosen lessons, and measures each again from its files alone.

A lesson takes the whole path: row, message, worker, embedded voice, render children, bucket. Its
files are then fetched and judged as `python -m worker quality DIR` judges them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from worker.adapters.database.request_book import PostgresRequestBook, RequestState
from worker.boot_checks import run_preflight
from worker.bootstrap import Resources, embedded_servers, open_resources
from worker.commands.following import follow
from worker.commands.run import Controls, consume
from worker.commands.submission import submit_request
from worker.curriculum.models import Curriculum
from worker.curriculum.reader import load_curriculum
from worker.delivery.shutdown import Shutdown
from worker.lessons.ask import Ask
from worker.lessons.look import Appearance, Shape
from worker.lessons.picture_options import NO_CHOICE, Captions, PictureOptions
from worker.lessons.quality.report import Measurement, Verdict, write_report
from worker.lessons.request import Modality
from worker.lessons.stage import Status
from worker.pipeline.judge_lesson import QUALITY_REPORT, judge_lesson
from worker.settings import Settings, load_settings
from worker.telemetry.logs import configure_logging

DARK = PictureOptions(appearance=Appearance.DARK)
UPRIGHT = PictureOptions(shape=Shape.PORTRAIT)
BURNED = PictureOptions(captions=Captions.BURNED_IN)
UPRIGHT_DARK = PictureOptions(shape=Shape.PORTRAIT, appearance=Appearance.DARK)
UPRIGHT_DARK_BURNED = PictureOptions(
    captions=Captions.BURNED_IN, shape=Shape.PORTRAIT, appearance=Appearance.DARK
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A lesson to make."""

    topic_id: str
    grade: int
    interest: str
    seconds: int
    pictures: PictureOptions = NO_CHOICE

    @property
    def name(self) -> str:
        """What distinguishes it, in words."""
        looks = " ".join(self.pictures.as_metadata().values())
        asked = f"{self.topic_id}, grade {self.grade}, {self.seconds} s, {self.interest}"
        return f"{asked}, {looks}" if looks else asked

    def ask(self, curriculum: Curriculum) -> Ask:
        """What a student asks who wants it: the topic's own question."""
        return Ask(
            query=curriculum.topic(self.topic_id).request,
            grade_level=self.grade,
            interest=self.interest,
            duration_seconds=self.seconds,
            modalities=(Modality.VIDEO,),
            pictures=self.pictures,
        )


CHOSEN = (
    # The demo's lesson, and the shortest of three subjects: CI makes the first three.
    Wanted("newtons-third-law", 10, "basketball", 60),
    Wanted("photosynthesis", 9, "music", 45, UPRIGHT_DARK_BURNED),
    Wanted("water-cycle", 3, "stamp collecting", 45, DARK),
    Wanted("fractions", 4, "cooking", 45),
    # Each subject, at all grades from 3 to 12 and lengths to three minutes.
    Wanted("heat-transfer", 4, "swimming", 90, UPRIGHT),
    Wanted("electric-circuits", 8, "video games", 120, DARK),
    Wanted("energy", 12, "skateboarding", 180),
    Wanted("states-of-matter", 5, "art", 75, BURNED),
    Wanted("acids-and-bases", 9, "cooking", 150),
    Wanted("periodic-table", 11, "music", 100, UPRIGHT_DARK),
    Wanted("mixtures-and-solutions", 6, "soccer", 60, DARK),
    Wanted("food-chains", 3, "animals", 60, UPRIGHT),
    Wanted("dna", 12, "space", 120),
    Wanted("circulatory-system", 7, "dance", 90, BURNED),
    Wanted("plate-tectonics", 10, "cars", 135),
    Wanted("moon-phases", 5, "space", 60, UPRIGHT_DARK),
    Wanted("rock-cycle", 8, "baseball", 105, UPRIGHT),
    Wanted("linear-equations", 9, "cycling", 90, DARK),
    Wanted("quadratic-functions", 11, "basketball", 165),
    Wanted("percentages", 6, "American football", 75, UPRIGHT_DARK_BURNED),
    Wanted("algorithms", 4, "cooking", 60, BURNED),
    Wanted("binary-numbers", 12, "music", 110, UPRIGHT),
    Wanted("variables-and-loops", 7, "video games", 90, DARK),
    Wanted("binary-numbers", 6, "reading comics", 50),
)
COUNTS = (0, 4, len(CHOSEN))

PATIENCE = {
    "WORKER_PROFILE": "embedded",
    "WORKER_VOICE_TIMEOUT": "1200",
    "WORKER_STAGE_SECONDS": "2400",
    "WORKER_RENDER_TIMEOUT": "2400",
    "WORKER_REQUEST_TIMEOUT": "7200",
}
"""What is judged are lessons, not the machine: a busy one may take its time."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A lesson that was to be made, and what every row says of its files.

    Attributes:
        rows: None where no lesson was made.
        fault: Why there is none, or what its own report says otherwise; empty if all is well.
    """

    wanted: Wanted
    folder: Path
    rows: tuple[Measurement, ...] = ()
    fault: str = ""

    @property
    def failures(self) -> list[str]:
        """The rows that fail, each with the first place at which it does."""
        failed = [row for row in self.rows if row.verdict is Verdict.FAILED]
        found = [f"{row.row} ({row.failures[0].what})" for row in failed]
        return [*found, self.fault] if self.fault else found


async def make_and_measure(wanted: Sequence[Wanted]) -> AsyncIterator[Rendered]:
    """Make lessons on embedded servers, in a folder that goes afterwards; yield each measured.

    Raises:
        EmbeddedServerError: A server cannot be had.
    """
    ours = ("WORKER_", "DATABASE_", "PUBSUB_", "GCS_", "GCP_", "STORAGE_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with tempfile.TemporaryDirectory(prefix="rendered-lessons-") as folder:
        async with embedded_servers({**environ, **PATIENCE}, None) as completed:
            settings, _ = load_settings(completed)
            configure_logging("warning", settings.log_format)
            async for rendered in make_lessons(settings, wanted, Path(folder)):
                yield rendered


async def make_lessons(
    settings: Settings, wanted: Sequence[Wanted], folder: Path
) -> AsyncIterator[Rendered]:
    """Ask for lessons as the platform does, work on them, and yield each as soon as it is measured.

    Args:
        settings: Of a worker whose servers run.
        wanted: The lessons.
        folder: Gets a folder for each of them.
    """
    curriculum = load_curriculum()
    async with open_resources(settings) as resources, _working(resources) as worker:
        book = PostgresRequestBook(resources.engine)
        requests = [
            await submit_request(
                resources.engine, resources.publisher, settings, one.ask(curriculum)
            )
            for one in wanted
        ]
        for number, (one, request) in enumerate(zip(wanted, requests, strict=True), start=1):
            state = await follow(book, request.request_id, lambda _: None, worker.done)
            yield await _measured(resources, one, state, folder / str(number))


@asynccontextmanager
async def _working(resources: Resources) -> AsyncIterator[asyncio.Task[None]]:
    """Have a worker consume within the block; it is drained at the end, or raises why it ended.

    Raises:
        RuntimeError: Its preflight, which starts voice and render children, finds a fault.
    """
    verdict = await run_preflight(resources, ())
    if not verdict.passed:
        raise RuntimeError(f"the preflight does not pass: {verdict}")
    shutdown = Shutdown()
    worker = asyncio.create_task(consume(resources, Controls(shutdown=shutdown), forever=True))
    try:
        yield worker
    finally:
        shutdown.drain.set()
        await worker


async def _measured(
    resources: Resources, wanted: Wanted, state: RequestState, folder: Path
) -> Rendered:
    if state.status is not Status.COMPLETED:
        return Rendered(wanted, folder, fault=f"{state.status.value}: {state.error}")
    await asyncio.to_thread(folder.mkdir)
    bucket = resources.settings.generated_bucket
    await asyncio.gather(
        *(
            resources.objects.download(bucket, stored, folder / name)
            for name, stored in state.objects
        )
    )
    report = await judge_lesson(folder, resources.renderer)
    published = await asyncio.to_thread((folder / QUALITY_REPORT).read_text, "utf-8")
    fault = "" if published == write_report(report) else "its published report says otherwise"
    return Rendered(wanted, folder, report.measurements, fault)


def table(lessons: Sequence[Rendered]) -> list[str]:
    """Rows in Markdown: what passes, and the least and the most that was measured."""
    rows = sorted(
        itertools.chain.from_iterable(one.rows for one in lessons), key=lambda row: row.row
    )
    lines = ["| row | passes | least | most | unit |", "|---|---|---|---|---|"]
    for name, found in itertools.groupby(rows, key=lambda row: row.row):
        measured = [row for row in found if row.value is not None]
        if measured:
            values = [row.value for row in measured if row.value is not None]
            shown = f"{min(values):.3g} | {max(values):.3g}"
            lines.append(f"| `{name}` | {measured[0].threshold} | {shown} | {measured[0].unit} |")
    return lines
