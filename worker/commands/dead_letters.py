"""`dead-letters`: what was rejected, why, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from rich.console import Console
from rich.table import Table

from worker.adapters.database.dead_letters import PostgresDeadLetters
from worker.commands.exit_codes import ExitCode
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.lessons.dead_letter import (
    DeadLetter,
    LetterAnswer,
    LetterContent,
    LetterCount,
    LetterFilter,
    Outcome,
)
from worker.upkeep import UpkeepResources

WHAT_NEXT = {
    Outcome.UNKNOWN: "`python -m worker dead-letters list --state all` shows every id",
    Outcome.REFUSED: "`python -m worker dead-letters show ID` shows it",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters an order is for: those named, else those that the filter finds."""

    ids: tuple[UUID, ...]
    wanted: LetterFilter


async def list_letters(
    environ: Mapping[str, str], wanted: LetterFilter, limit: int, *, as_json: bool
) -> ExitCode:
    """Print the newest letters and how many there are by reason."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        desk = upkeep.dead_letters
        counts, letters = await desk.count(wanted), await desk.find(wanted, limit)
        if as_json:
            print_json({"letters": letters, "counts": counts, "total": _total(counts)})
        else:
            _print_list(letters, counts)
        return ExitCode.DONE

    return await operate(environ, work)


async def show_letter(
    environ: Mapping[str, str], letter_id: UUID, *, payload: bool, as_json: bool
) -> ExitCode:
    """Print one letter; what is in it only where that is asked for."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        found = await upkeep.dead_letters.read(letter_id)
        if found is None:
            return _report_unknown(letter_id)
        letter, content = found
        shown = asdict(letter)
        if payload:
            shown |= {"attributes": dict(content.attributes), "payload": _readable(content)}
        if as_json:
            print_json(shown)
            return ExitCode.DONE
        for name, value in shown.items():
            print(f"{name:<17} {'-' if value is None else value}")
        if not payload:
            print("\nThe message is not shown: it holds what a student wrote. --payload shows it.")
        return ExitCode.DONE

    return await operate(environ, work)


async def replay_letters(
    environ: Mapping[str, str], selection: Selection, *, as_json: bool
) -> ExitCode:
    """Enqueue what the selected letters asked for, each in a transaction of its own."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        desk = upkeep.dead_letters
        ids = await _selected(desk, selection)
        return await _settle(ids, desk.replay, selection, as_json=as_json)

    return await operate(environ, work)


async def discard_letters(
    environ: Mapping[str, str], selection: Selection, *, yes: bool, as_json: bool
) -> ExitCode:
    """Mark the selected letters as nothing to be done about; more than one only with --yes."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        desk = upkeep.dead_letters
        ids = await _selected(desk, selection)
        if len(ids) > 1 and not yes:
            print(f"this would discard {len(ids)} dead letters; add --yes", file=sys.stderr)
            return ExitCode.USAGE
        return await _settle(ids, desk.discard, selection, as_json=as_json)

    return await operate(environ, work)


async def _selected(desk: PostgresDeadLetters, selection: Selection) -> Sequence[UUID]:
    return list(dict.fromkeys(selection.ids)) or await desk.ids(selection.wanted)


async def _settle(
    ids: Sequence[UUID],
    order: Callable[[UUID], Awaitable[LetterAnswer]],
    selection: Selection,
    *,
    as_json: bool,
) -> ExitCode:
    """Carry out the order, and say what could not be done.

    A letter that was named and could not be settled is a wrong use; one that a filter found and
    that changed meanwhile is not.
    """
    answers = [await order(letter_id) for letter_id in ids]
    failed = [answer for answer in answers if answer.outcome is not Outcome.DONE]
    if as_json:
        print_json({"answers": answers, "done": len(answers) - len(failed)})
    else:
        for answer in answers:
            if answer.outcome is Outcome.DONE:
                print(f"{answer.letter_id}  {answer.why}")
        print(f"{len(answers) - len(failed)} done, {len(failed)} not")
    for answer in failed:
        print(f"{answer.letter_id}: {answer.why}; {WHAT_NEXT[answer.outcome]}", file=sys.stderr)
    return ExitCode.USAGE if failed and selection.ids else ExitCode.DONE


def _report_unknown(letter_id: UUID) -> ExitCode:
    print(f"no dead letter {letter_id}; {WHAT_NEXT[Outcome.UNKNOWN]}", file=sys.stderr)
    return ExitCode.USAGE


def _print_list(letters: Sequence[DeadLetter], counts: Sequence[LetterCount]) -> None:
    """Print three short lines a letter, which fit a narrow terminal, then the counts."""
    if not letters:
        print("No dead letters.")
        return
    for letter in letters:
        print(f"{letter.letter_id}  {letter.created_at:%Y-%m-%d %H:%M}  {letter.state.value}")
        where = f" in {letter.stage}" if letter.stage else ""
        print(f"  {letter.error_class}{where}: {letter.reason}")
        print(f"  request {letter.request_id or 'unknown'}")
    summary = Table("count", "error class", "stage", "state", box=None)
    for one in counts:
        summary.add_row(str(one.count), one.error_class, one.stage or "-", one.state.value)
    print()
    Console(markup=False, highlight=False).print(summary)
    print(f"{len(letters)} of {_total(counts)} shown")


def _total(counts: Sequence[LetterCount]) -> int:
    return sum(one.count for one in counts)


def _readable(content: LetterContent) -> str:
    """Return a payload as text that cannot steer a terminal."""
    text = content.payload.decode(errors="backslashreplace")
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )
