"""The arguments of `preflight`: which checks run."""

from __future__ import annotations

import argparse
from typing import Any

from worker.boot_checks import CHECK_NAMES, Selection


def add_preflight(commands: Any) -> None:
    """Declare `preflight`; `commands` is what `add_subparsers` returned."""
    parser = commands.add_parser(
        "preflight",
        help="check everything and pull nothing",
        description=f"The checks: {', '.join(CHECK_NAMES)}. Settings are always checked.",
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    parser.add_argument("--offline", action="store_true", help="only what needs no network")
    for option, words in (("--only", "run this check"), ("--skip", "leave this check out")):
        parser.add_argument(
            option,
            action="append",
            choices=CHECK_NAMES,
            default=[],
            metavar="NAME",
            help=f"{words}; may be repeated",
        )


def read_selection(parsed: argparse.Namespace) -> Selection:
    """Return which checks were asked for; `--preflight-only` asks for all."""
    return Selection(
        only=frozenset(getattr(parsed, "only", ())),
        skip=frozenset(getattr(parsed, "skip", ())),
        is_offline=getattr(parsed, "offline", False),
    )
