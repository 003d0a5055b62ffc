"""The arguments of the commands about single requests, and of `db`."""

from __future__ import annotations

import argparse
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from worker.commands.argument_types import (
    any_id,
    duration,
    positive,
    query,
    short_age,
    student,
)
from worker.commands.database import inspect_database
from worker.commands.exit_codes import ExitCode
from worker.commands.quality import measure_quality
from worker.commands.requests import list_requests, show_request
from worker.commands.smoke import SmokePlan, smoke
from worker.commands.submit import submit
from worker.commands.watch import watch
from worker.lessons.ask import Ask
from worker.lessons.look import Appearance, Shape
from worker.lessons.picture_options import Captions, PictureOptions
from worker.lessons.request import (
    DEFAULT_DURATION_SECONDS,
    MAX_DURATION_SECONDS,
    MIN_DURATION_SECONDS,
    Modality,
)
from worker.lessons.request_record import RequestFilter
from worker.lessons.stage import Status

Subparsers = Any
"""What `add_subparsers` returns; argparse keeps its type to itself."""

Running = Coroutine[object, object, ExitCode]

DEFAULT_LIMIT = 20
SMOKE_QUESTION = "Explain Newton's third law"
"""A question that the bundled curriculum answers."""

SMOKE_MINUTES = 15
"""A queued Cloud Run Job with a cold start makes a lesson well within it. (ours)"""


def add_ask(parser: argparse.ArgumentParser) -> None:
    """Declare what a lesson is asked for."""
    parser.add_argument("query", type=query, help="what the student asks, 3-500 characters")
    parser.add_argument("--grade", type=int, choices=range(1, 13), default=8, metavar="1-12")
    parser.add_argument("--interest", help="what the student likes: basketball, music, cooking …")
    parser.add_argument(
        "--duration-seconds",
        type=duration,
        default=DEFAULT_DURATION_SECONDS,
        metavar="N",
        help=f"{MIN_DURATION_SECONDS}-{MAX_DURATION_SECONDS}, "
        f"{DEFAULT_DURATION_SECONDS} by default",
    )
    parser.add_argument(
        "--modality",
        action="append",
        choices=[modality.value for modality in Modality],
        help="may be given more than once; video by default",
    )
    for option, choices in (("--shape", Shape), ("--appearance", Appearance)):
        parser.add_argument(
            option,
            choices=[one.value for one in choices],
            help="of the pictures; the worker's settings decide by default",
        )
    parser.add_argument(
        "--burn-captions", action="store_true", help="show the captions in the pictures, too"
    )


def read_ask(parsed: argparse.Namespace, student_id: str, organization_id: str | None) -> Ask:
    """Return what the arguments of `add_ask` say."""
    return Ask(
        query=parsed.query,
        grade_level=parsed.grade,
        interest=parsed.interest,
        duration_seconds=parsed.duration_seconds,
        modalities=tuple(Modality(name) for name in parsed.modality or [Modality.VIDEO]),
        student_id=student_id,
        organization_id=organization_id,
        pictures=PictureOptions(
            captions=Captions.BURNED_IN if parsed.burn_captions else None,
            shape=Shape(parsed.shape) if parsed.shape else None,
            appearance=Appearance(parsed.appearance) if parsed.appearance else None,
        ),
    )


def add_request_commands(commands: Subparsers) -> None:
    """Declare `submit`, `watch`, `requests`, `show`, `quality`, `smoke` and `db`."""
    _add_submit(commands)
    _add_watch(commands)
    _add_requests(commands)
    _add_show(commands)
    _add_quality(commands)
    _add_smoke(commands)
    _add_database(commands)


def _add_submit(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "submit",
        help="ask for a lesson as the platform does: a row, then a message",
        description="Writes a request, publishes the message that names it, and prints its id.",
    )
    add_ask(parser)
    parser.add_argument("--student", type=student, default="command-line", metavar="ID")
    parser.add_argument("--organization", type=student, metavar="ID")
    _add_json(parser)

    def run(parsed: argparse.Namespace, environ: Mapping[str, str]) -> Running:
        ask = read_ask(parsed, parsed.student, parsed.organization)
        return submit(environ, ask, as_json=parsed.json)

    parser.set_defaults(run=run)


def _add_watch(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "watch",
        help="follow a request until it is ended",
        description="Shows the stage and the percentage of a request until it is ended; the exit "
        "code is 1 where it failed or was cancelled.",
    )
    parser.add_argument("request_id", type=any_id, metavar="REQUEST_ID")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object a change, one on each line"
    )
    parser.set_defaults(
        run=lambda parsed, environ: watch(environ, parsed.request_id, as_json=parsed.json)
    )


def _add_requests(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "requests",
        help="the newest requests, and how many there are by status",
        description="Lists requests without what the student wrote.",
    )
    parser.add_argument(
        "--status",
        action="append",
        choices=[status.value for status in Status],
        metavar="STATUS",
        help="may be given more than once; any status by default",
    )
    parser.add_argument(
        "--since", type=short_age, metavar="AGE", help="created since: 30m, 12h, 7d"
    )
    parser.add_argument("--organization", type=student, metavar="ID")
    parser.add_argument("--limit", type=positive, default=DEFAULT_LIMIT, metavar="N")
    _add_json(parser)

    def run(parsed: argparse.Namespace, environ: Mapping[str, str]) -> Running:
        statuses = tuple(Status(one) for one in parsed.status or ())
        wanted = RequestFilter(statuses, parsed.since, parsed.organization)
        return list_requests(environ, wanted, parsed.limit, as_json=parsed.json)

    parser.set_defaults(run=run)


def _add_show(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "show",
        help="one request: its stages, events, costs and files",
        description="Shows everything that is written down about a request but what the student "
        "wrote.",
    )
    parser.add_argument("request_id", type=any_id, metavar="REQUEST_ID")
    _add_json(parser)
    parser.set_defaults(
        run=lambda parsed, environ: show_request(environ, parsed.request_id, as_json=parsed.json)
    )


def _add_quality(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "quality",
        help="measure a lesson's folder against the lesson rules",
        description="Measures every row of the lesson rules from the files in a folder alone; "
        "the exit code is 1 where a row fails. No server is needed.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    _add_json(parser)
    parser.set_defaults(run=lambda parsed, _: measure_quality(parsed.folder, as_json=parsed.json))


def _add_smoke(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "smoke",
        help="make one real lesson through a deployed worker, and say what it took",
        description="Submits a request, starts the Cloud Run Job where one is named, follows the "
        "request, looks whether every file of the lesson is in the bucket, and prints a verdict. "
        "The exit code is 0 for a lesson that is whole, 1 for any other end, 4 when the time is "
        "over.",
    )
    parser.add_argument(
        "--question", type=query, default=SMOKE_QUESTION, help=f"{SMOKE_QUESTION!r} by default"
    )
    parser.add_argument("--modality", choices=[one.value for one in Modality], default="video")
    parser.add_argument("--minutes", type=positive, default=SMOKE_MINUTES, metavar="N")
    parser.add_argument("--job", metavar="NAME", help="the Cloud Run Job to execute")
    parser.add_argument("--region", metavar="NAME", help="where the Job is: europe-west1 …")
    _add_json(parser)
    parser.set_defaults(run=_smoke, parser=parser)


def _smoke(parsed: argparse.Namespace, environ: Mapping[str, str]) -> Running:
    if (parsed.job is None) != (parsed.region is None):
        parsed.parser.error("--job and --region go together")
    ask = Ask(
        query=parsed.question,
        grade_level=8,
        interest=None,
        duration_seconds=MIN_DURATION_SECONDS,
        modalities=(Modality(parsed.modality),),
        student_id="smoke-test",
    )
    job = None if parsed.job is None else (parsed.region, parsed.job)
    return smoke(environ, SmokePlan(ask, parsed.minutes * 60.0, job), as_json=parsed.json)


def _add_database(commands: Subparsers) -> None:
    parser = commands.add_parser("db", help="what the database holds")
    orders = parser.add_subparsers(dest="order", metavar="ORDER", required=True)
    inspecting = orders.add_parser("inspect", help="tables, columns, keys and sizes")
    inspecting.add_argument("table", nargs="*", metavar="TABLE", help="all by default")
    _add_json(inspecting)
    inspecting.set_defaults(
        run=lambda parsed, environ: inspect_database(
            environ, tuple(parsed.table), as_json=parsed.json
        )
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
