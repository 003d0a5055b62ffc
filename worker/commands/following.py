"""Following a request until it is ended, with a progress bar on a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from worker.adapters.database.request_book import PostgresRequestBook, RequestState
from worker.lessons.stage import Status
from worker.lessons.stage_words import ANSWER_WORDS, STAGE_WORDS

POLL_SECONDS = 0.2


def _never() -> bool:
    return False


async def follow(
    book: PostgresRequestBook,
    request_id: UUID,
    see: Callable[[RequestState], None],
    is_over: Callable[[], bool] = _never,
) -> RequestState:
    """Read a request until it is ended, or until it is over for another reason.

    Args:
        book: Where the request is read.
        request_id: Which.
        see: Called with every state that is read.
        is_over: Tells that waiting longer makes no sense.

    Raises:
        LookupError: There is no such request.
    """
    while True:
        state = await book.read(request_id)
        see(state)
        if state.status.is_end or is_over():
            return state
        await asyncio.sleep(POLL_SECONDS)


async def follow_with_bar(
    book: PostgresRequestBook,
    request_id: UUID,
    console: Console,
    is_over: Callable[[], bool] = _never,
) -> RequestState:
    """Follow a request, and show its stage and percentage."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=40),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        bar = progress.add_task(STAGE_WORDS[Status.PENDING], total=100)

        def see(state: RequestState) -> None:
            words = STAGE_WORDS.get(state.status, "Done")
            progress.update(bar, description=words, completed=state.percentage)

        return await follow(book, request_id, see, is_over)


def print_end(state: RequestState, console: Console) -> None:
    """Say how a request that made no lesson ended."""
    if not state.status.is_end:
        console.print("[bold yellow]Stopped before the lesson was ready.[/]")
    elif state.status in ANSWER_WORDS:
        console.print(f"[bold yellow]{ANSWER_WORDS[state.status]}[/]")
        if state.help_text:
            console.print(state.help_text, markup=False)
        for question in state.questions:
            console.print(f"  • {question}", markup=False)
    else:
        said = " ".join(part for part in (state.error, state.error_hint) if part)
        console.print(f"[bold red]{state.status.value}[/]" + (f": {said}" if said else ""))
