"""The command line: parses the arguments and runs one command."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path

from worker.commands.demo import DemoAsk, demo
from worker.commands.exit_codes import ExitCode
from worker.commands.ingest_arguments import add_ingest
from worker.commands.manifest_arguments import add_manifest_commands
from worker.commands.migrate import migrate
from worker.commands.operator_arguments import add_operator_commands
from worker.commands.preflight import preflight
from worker.commands.preflight_arguments import add_preflight, read_selection
from worker.commands.request_arguments import add_ask, add_request_commands, read_ask
from worker.commands.run import run
from worker.curriculum.errors import CurriculumError
from worker.delivery.shutdown import DRAIN_SIGNALS
from worker.embedded.errors import EmbeddedServerError
from worker.lessons.errors import WorkerError
from worker.telemetry.logs import where_raised

KEPT_STATE = Path(".worker-state")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code."""
    running = parse(arguments, os.environ)
    try:
        return int(asyncio.run(_answering_signals(running)))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitCode.OWN_FAULT
    except (EmbeddedServerError, WorkerError, CurriculumError, OSError) as error:
        hint = getattr(error, "hint", "")
        print(
            f"{error}" + (f"; {hint}" if hint and hint not in str(error) else ""), file=sys.stderr
        )
        return ExitCode.OWN_FAULT
    except Exception as error:  # noqa: BLE001  # its text may quote a row: a student's words
        print("a fault of the worker:", *_places(error), sep="\n  ", file=sys.stderr)
        return ExitCode.OWN_FAULT


def _places(error: BaseException) -> list[str]:
    """Return the class of an error and where it was raised; of a group, of all that is in it."""
    lines = [type(error).__name__, *where_raised(error)]
    if isinstance(error, BaseExceptionGroup):
        lines += [line for inner in error.exceptions for line in _places(inner)]
    return lines


async def _answering_signals(running: Coroutine[object, object, ExitCode]) -> ExitCode:
    """Run a command, and let through the signals that were held back while it was imported.

    A command that listens to signals does so before it first waits for anything.
    """
    command = asyncio.create_task(running)
    await asyncio.sleep(0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, DRAIN_SIGNALS)
    return await command


def parse(
    arguments: Sequence[str] | None, environ: Mapping[str, str]
) -> Coroutine[object, object, ExitCode]:
    """Return the command that the arguments ask for, ready to run.

    Raises:
        SystemExit: With 2 for arguments that cannot be used, with 0 for `--help`.
    """
    parsed = _parser().parse_args(arguments)
    if hasattr(parsed, "run"):
        running: Coroutine[object, object, ExitCode] = parsed.run(parsed, environ)
        return running
    if parsed.command == "demo":
        return demo(environ, _demo(parsed))
    if parsed.command == "migrate":
        return migrate(environ, parsed.revision)
    if parsed.command == "preflight" or parsed.preflight_only:
        as_json = getattr(parsed, "json", False)
        return preflight(environ, read_selection(parsed), as_json=as_json)
    if parsed.command == "serve":
        from worker.commands.serve import serve  # noqa: PLC0415  # templates and fonts: 0.2 s

        return serve(environ, embedded=parsed.embedded)
    return run(environ, forever=parsed.forever)


def _demo(parsed: argparse.Namespace) -> DemoAsk:
    ask = read_ask(parsed, student_id="demo-student", organization_id="demo-school")
    return DemoAsk(ask, parsed.out, parsed.keep, parsed.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m worker",
        description="Turns requests from Pub/Sub into narrated lessons. "
        "Without a command it runs the worker.",
        epilog="exit codes: 0 done, 1 a fault of its own, 2 usage, 3 the preflight found errors, "
        "4 the preflight could not check, or what a command needs did not answer",
    )
    parser.add_argument(
        "--preflight-only", action="store_true", help="check everything and pull nothing"
    )
    _add_forever(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_forever(commands.add_parser("run", help="run the worker (the default)"))
    add_preflight(commands)
    walk = commands.add_parser("migrate", help="bring the database of DATABASE_URL up to date")
    walk.add_argument("revision", nargs="?", default="head")
    _add_demo(commands.add_parser("demo", help="make one lesson on this machine"))
    page = commands.add_parser(
        "serve", help="the page where teachers ask for lessons and watch them"
    )
    page.add_argument(
        "--embedded",
        action="store_true",
        help="start the embedded servers and a worker beside the page: all on this machine",
    )
    add_request_commands(commands)
    add_operator_commands(commands)
    add_ingest(commands)
    add_manifest_commands(commands)
    return parser


def _add_forever(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--forever",
        action="store_true",
        default=argparse.SUPPRESS if parser.prog.endswith(" run") else False,
        help="go on when idle, and past WORKER_MAX_RUNTIME: for a worker pool",
    )


def _add_demo(parser: argparse.ArgumentParser) -> None:
    add_ask(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the lesson")
    parser.add_argument(
        "--keep",
        type=Path,
        nargs="?",
        const=KEPT_STATE,
        metavar="DIR",
        help=f"keep the servers' state in a folder ({KEPT_STATE} by default) and reuse it",
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
