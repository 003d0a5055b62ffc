"""The arguments of `manifest`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from worker.commands.manifest import check, pin, verify

Subparsers = Any
"""What `add_subparsers` returns; argparse keeps its type to itself."""


def add_manifest_commands(commands: Subparsers) -> None:
    """Declare `manifest check`, `manifest pin` and `manifest verify`."""
    parser = commands.add_parser(
        "manifest",
        help="hold a Cloud Run manifest to the code, pin its image, compare what runs",
        description="Works on run.googleapis.com/v1 Jobs and worker pools, without a cloud.",
    )
    orders = parser.add_subparsers(dest="order", metavar="ORDER", required=True)
    checking = orders.add_parser("check", help="what would go wrong; exit code 3 for errors")
    checking.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="- for standard input"
    )
    _add_json(checking)
    checking.set_defaults(run=lambda parsed, _: check(parsed.files, as_json=parsed.json))
    pinning = orders.add_parser("pin", help="write an image with its digest into the manifest")
    pinning.add_argument("file", type=Path, metavar="FILE")
    pinning.add_argument("--image", required=True, metavar="NAME@sha256:…")
    pinning.set_defaults(run=lambda parsed, _: pin(parsed.file, parsed.image))
    verifying = orders.add_parser(
        "verify",
        help="compare what `gcloud run jobs describe --format=export` says with the manifest",
    )
    verifying.add_argument("described", type=Path, metavar="DESCRIBED", help="- for standard input")
    verifying.add_argument("file", type=Path, metavar="FILE")
    _add_json(verifying)
    verifying.set_defaults(
        run=lambda parsed, _: verify(parsed.described, parsed.file, as_json=parsed.json)
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file")
