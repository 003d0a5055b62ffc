"""`watch`: follow a request until it is ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from uuid import UUID

from rich.console import Console

from worker.adapters.database.request_book import PostgresRequestBook, RequestState
from worker.commands.exit_codes import ExitCode
from worker.commands.following import follow, follow_with_bar, print_end
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.lessons.stage import ANSWERS, Status
from worker.upkeep import UpkeepResources


async def watch(environ: Mapping[str, str], request_id: UUID, *, as_json: bool) -> ExitCode:
    """Show a request's stage and percentage until it is ended."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        book = PostgresRequestBook(upkeep.engine)
        try:
            if as_json:
                state = await follow(book, request_id, _printing_changes())
            else:
                state = await _on_terminal(book, request_id)
        except LookupError:
            return report_unknown(request_id)
        return ExitCode.DONE if state.status in ANSWERS else ExitCode.OWN_FAULT

    return await operate(environ, work)


def report_unknown(request_id: UUID) -> ExitCode:
    """Say that there is no such request."""
    print(
        f"no request {request_id}; see that the id and DATABASE_URL are right, or list them with "
        "`python -m worker requests`",
        file=sys.stderr,
    )
    return ExitCode.USAGE


async def _on_terminal(book: PostgresRequestBook, request_id: UUID) -> RequestState:
    console = Console(stderr=True)
    state = await follow_with_bar(book, request_id, console)
    if state.status is Status.COMPLETED:
        for role, name in state.objects:
            print(f"{role:<24} {name}")
    else:
        print_end(state, console)
    return state


def _printing_changes() -> Callable[[RequestState], None]:
    """Return what prints a state that differs from the one before."""
    before: list[RequestState] = []

    def see(state: RequestState) -> None:
        if before != [state]:
            before[:] = [state]
            print_json(state)

    return see
