"""The arguments of `ingest`."""

from __future__ import annotations

import argparse
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from worker.commands.argument_types import student as platform_id
from worker.commands.exit_codes import ExitCode

OPTIONS = {
    "title": ("TEXT", "of one file; what it says itself, or its first heading, by default"),
    "url": ("URL", "of one file: where it is to be found, and what it is known by"),
    "author": ("TEXT", "whom the licence wants named"),
    "licence": (
        "TEXT",
        'under which it may be used: "CC BY 4.0"; needed if a file has none',
    ),
    "language": ("TAG", "en by default"),
    "grades": ("LOWEST-HIGHEST", "for whom it is; all grades by default"),
}


def add_ingest(commands: Any) -> None:  # argparse keeps its type to itself
    """Declare `ingest`."""
    parser = commands.add_parser(
        "ingest",
        help="take in texts that lessons may rest on: Markdown, HTML, PDF",
        description="Reads files, or all that can be read in folders, cuts them into passages and "
        "keeps them with their attribution. A file that comes again changes nothing, a changed "
        "one replaces its passages. What files say about themselves (front matter, meta tags) "
        "is read; options win over it. A file that cannot be used is named, the others are "
        "taken in, and the exit code is 1.",
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    for name, (metavar, meaning) in OPTIONS.items():
        spelled = ("--licence", "--license") if name == "licence" else (f"--{name}",)
        parser.add_argument(*spelled, default="", metavar=metavar, help=meaning)
    parser.add_argument(
        "--organization", type=platform_id, metavar="ID", help="whose lessons may use it: all"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run, parser=parser)


def _run(
    parsed: argparse.Namespace, environ: Mapping[str, str]
) -> Coroutine[object, object, ExitCode]:
    # What reads PDF and HTML is imported for this command alone.
    from worker.adapters.source_files.stated import Stated  # noqa: PLC0415
    from worker.commands.ingest import Ingestion, has_one_file, ingest  # noqa: PLC0415

    if (parsed.title or parsed.url) and not has_one_file(parsed.paths):
        parsed.parser.error("--title and --url are said of one file: name one, and no folder")
    given = Stated(**{name: getattr(parsed, name) for name in OPTIONS})
    asked = Ingestion(tuple(parsed.paths), given, parsed.organization)
    return ingest(environ, asked, as_json=parsed.json)
