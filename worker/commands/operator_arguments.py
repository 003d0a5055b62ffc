"""The arguments of the operator's commands, and the command that each set of them runs."""

from __future__ import annotations

import argparse
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from typing import Any

from worker.commands.argument_types import any_id, positive, short_age, student
from worker.commands.cancel import cancel
from worker.commands.costs import costs
from worker.commands.dead_letters import (
    Selection,
    discard_letters,
    list_letters,
    replay_letters,
    show_letter,
)
from worker.commands.erase import erase
from worker.commands.exit_codes import ExitCode
from worker.commands.sweep import run_sweep
from worker.lessons.cost_report import CostGroup
from worker.lessons.dead_letter import LetterFilter, LetterState
from worker.lessons.stage import Stage

ANY_STATE = "all"
DEFAULT_LIMIT = 50

Subparsers = Any
"""What `add_subparsers` returns; argparse keeps its type to itself."""

Running = Coroutine[object, object, ExitCode]


def add_operator_commands(commands: Subparsers) -> None:
    """Declare `dead-letters`, `costs`, `cancel`, `sweep` and `erase`."""
    _add_costs(commands)
    _add_dead_letters(commands)
    _add_sweep(commands)
    _add_erase(commands)
    stop = commands.add_parser(
        "cancel",
        help="end a request as cancelled, also while a worker is at it",
        description="Ends a request as cancelled and tells the platform. A worker that is at it "
        "stops at its next write; an ended request is left as it is.",
    )
    stop.add_argument("request_id", type=any_id, metavar="REQUEST_ID")
    stop.add_argument("--json", action="store_true", help="print one JSON object")
    stop.set_defaults(
        run=lambda parsed, environ: cancel(environ, parsed.request_id, as_json=parsed.json)
    )


def _add_dead_letters(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "dead-letters",
        help="list, show, replay or discard what was rejected",
        description="Rejected messages wait in the table dead_letters until they are replayed, "
        "discarded, or removed by `sweep` when their time is over.",
    )
    orders = parser.add_subparsers(dest="order", metavar="ORDER", required=True)
    listing = orders.add_parser("list", help="the newest dead letters, and counts by reason")
    _add_filter(listing)
    listing.add_argument(
        "--state",
        choices=[*LetterState, ANY_STATE],
        default=LetterState.WAITING.value,
        help="waiting by default",
    )
    listing.add_argument("--limit", type=positive, default=DEFAULT_LIMIT, metavar="N")
    listing.set_defaults(run=_list)
    showing = orders.add_parser("show", help="one dead letter")
    showing.add_argument("id", type=any_id, metavar="ID")
    showing.add_argument(
        "--payload", action="store_true", help="show the message too: it holds what a student wrote"
    )
    showing.set_defaults(run=_show)
    replaying = orders.add_parser(
        "replay",
        help="enqueue again what was rejected",
        description="A request that ended as failed is pending again, with its failures "
        "forgotten; a message without a request is published again as it came.",
    )
    _add_selection(replaying)
    replaying.set_defaults(run=_replay, parser=replaying)
    discarding = orders.add_parser("discard", help="mark dead letters as settled")
    _add_selection(discarding)
    discarding.add_argument("--yes", action="store_true", help="needed for more than one")
    discarding.set_defaults(run=_discard, parser=discarding)
    for order in (listing, showing, replaying, discarding):
        order.add_argument("--json", action="store_true", help="print one JSON object")


def _add_costs(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "costs",
        help="what was spent, by organisation, topic or provider",
        description="Adds up the calls that requests made: what they used, and what that costs "
        "by the price table (WORKER_PRICES). Calls that no worker settled count by their "
        "estimates. What was erased is not in it.",
    )
    parser.add_argument(
        "--since", type=short_age, default=timedelta(days=7), metavar="AGE", help="7d by default"
    )
    parser.add_argument(
        "--by",
        type=CostGroup,
        choices=list(CostGroup),
        default=CostGroup.PROVIDER,
        help="provider by default",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(
        run=lambda parsed, environ: costs(environ, parsed.since, parsed.by, as_json=parsed.json)
    )


def _add_sweep(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "sweep",
        help="one pass over what workers leave behind; for a scheduler",
        description="Takes in what the broker dead-lettered, enqueues requests whose message is "
        "lost, empties the outbox, removes what is older than its retention, and deletes orphan "
        "objects. It may run beside workers and beside itself. What cannot be reached is named, "
        "the rest is done, and the exit code is 4.",
    )
    parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(
        run=lambda parsed, environ: run_sweep(environ, dry_run=parsed.dry_run, as_json=parsed.json)
    )


def _add_erase(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "erase",
        help="remove everything of one student",
        description="Removes a student's requests with their stages, events, costs and messages, "
        "their lessons, and their dead letters. A worker that is at one of them is cut off. It "
        "may be run again after a failure. The row in `users` belongs to the platform and stays.",
    )
    parser.add_argument("--student", type=student, required=True, metavar="ID")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(
        run=lambda parsed, environ: erase(
            environ, parsed.student, yes=parsed.yes, as_json=parsed.json
        )
    )


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--error-class", metavar="NAME", help="for example PoisonRequestError")
    parser.add_argument("--stage", choices=[stage.value for stage in Stage], help="where it failed")
    parser.add_argument("--since", type=short_age, metavar="AGE", help="kept since: 30m, 12h, 7d")
    parser.add_argument("--request", type=any_id, metavar="REQUEST_ID")


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", type=any_id, nargs="*", metavar="ID")
    parser.add_argument("--all", action="store_true", help="all that wait")
    _add_filter(parser)


def _list(parsed: argparse.Namespace, environ: Mapping[str, str]) -> Running:
    state = None if parsed.state == ANY_STATE else LetterState(parsed.state)
    return list_letters(environ, _filter(parsed, state), parsed.limit, as_json=parsed.json)


def _show(parsed: argparse.Namespace, environ: Mapping[str, str]) -> Running:
    return show_letter(environ, parsed.id, payload=parsed.payload, as_json=parsed.json)


def _replay(parsed: argparse.Namespace, environ: Mapping[str, str]) -> Running:
    return replay_letters(environ, _selection(parsed), as_json=parsed.json)


def _discard(parsed: argparse.Namespace, environ: Mapping[str, str]) -> Running:
    return discard_letters(environ, _selection(parsed), yes=parsed.yes, as_json=parsed.json)


def _filter(parsed: argparse.Namespace, state: LetterState | None) -> LetterFilter:
    return LetterFilter(
        state=state,
        error_class=parsed.error_class,
        stage=parsed.stage,
        request_id=parsed.request,
        since=parsed.since,
    )


def _selection(parsed: argparse.Namespace) -> Selection:
    """Read which letters are meant; nothing, or two ways at once, is a wrong use."""
    wanted = _filter(parsed, LetterState.WAITING)
    if sum((bool(parsed.ids), wanted.narrows, parsed.all)) != 1:
        parsed.parser.error("name dead letters by ID, or by a filter, or take --all: one of these")
    return Selection(tuple(parsed.ids), wanted)
