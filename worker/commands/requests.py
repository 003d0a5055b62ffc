"""`requests` and `show`: what is written down about requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from rich.console import Console
from rich.table import Table

from worker.adapters.database.request_records import PostgresRequestRecords
from worker.commands.exit_codes import ExitCode
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.commands.watch import report_unknown
from worker.lessons.costs import MICROS
from worker.lessons.request_record import (
    RecordedEvent,
    RequestFilter,
    RequestRecord,
    RequestSummary,
)
from worker.lessons.stage import Status
from worker.upkeep import UpkeepResources


async def list_requests(
    environ: Mapping[str, str], wanted: RequestFilter, limit: int, *, as_json: bool
) -> ExitCode:
    """Print the newest requests and how many there are by status."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        records = PostgresRequestRecords(upkeep.engine)
        counts, found = await records.count(wanted), await records.find(wanted, limit)
        if as_json:
            print_json({"requests": found, "counts": counts, "total": sum(counts.values())})
        else:
            _print_list(found, counts)
        return ExitCode.DONE

    return await operate(environ, work)


async def show_request(environ: Mapping[str, str], request_id: UUID, *, as_json: bool) -> ExitCode:
    """Print everything about one request but what the student wrote."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        record = await PostgresRequestRecords(upkeep.engine).read(request_id)
        if record is None:
            return report_unknown(request_id)
        if as_json:
            print_json(record)
        else:
            _print_record(record)
        return ExitCode.DONE

    return await operate(environ, work)


def _print_list(found: Sequence[RequestSummary], counts: Mapping[Status, int]) -> None:
    """Print two short lines a request, which fit a narrow terminal, then the counts."""
    if not found:
        print("No requests.")
        return
    for one in found:
        print(f"{one.request_id}  {one.created_at:%Y-%m-%d %H:%M}  {_state(one)}")
        print(f"  {one.topic or 'no topic yet'}, grade {one.grade_level}")
    total = sum(counts.values())
    by_status = ", ".join(f"{count} {status.value}" for status, count in counts.items())
    print(f"\n{len(found)} of {total} shown: {by_status}")


def _state(one: RequestSummary) -> str:
    if not one.status.is_end:
        return f"{one.status.value} {one.percentage} %"
    reason = f": {one.error_class}" if one.error_class else ""
    return f"{one.status.value}{reason} after {_took(one)}"


def _took(one: RequestSummary) -> str:
    if one.completed_at is None:
        return "-"
    return f"{(one.completed_at - one.created_at).total_seconds():.0f} s"


def _print_record(record: RequestRecord) -> None:
    for name, value in _facts(record):
        print(f"{name:<16} {value}")
    console = Console(markup=False, highlight=False, soft_wrap=True)
    for title, table in (
        ("Stages", _stages(record)),
        ("Events", _events(record.events)),
        ("Costs", _costs(record)),
    ):
        if table.row_count:
            print(f"\n{title}")
            console.print(table)
    if record.objects:
        print("\nFiles")
        for role, name in sorted(record.objects.items()):
            print(f"  {role:<24} {name}")


def _facts(record: RequestRecord) -> Iterator[tuple[str, object]]:
    """Return what there is to say in one line each; what is unset is left out."""
    one = record.summary
    yield "request", one.request_id
    yield "correlation id", record.correlation_id
    yield "status", f"{one.status.value}, {one.percentage} %"
    yield (
        "asked for",
        (
            f"grade {one.grade_level}, {record.duration_seconds or '-'} s, "
            f"{', '.join(record.modalities)}, in {record.language}"
        ),
    )
    if one.topic:
        yield "topic", one.topic
    if record.organization_id:
        yield "organisation", record.organization_id
    yield "created", f"{one.created_at:%Y-%m-%d %H:%M:%S %Z}"
    if one.completed_at:
        yield "ended", f"{one.completed_at:%Y-%m-%d %H:%M:%S %Z}, after {_took(one)}"
    if one.claimed_by:
        until = f" until {record.claim_expires_at:%H:%M:%S %Z}" if record.claim_expires_at else ""
        yield "claimed by", f"{one.claimed_by}{until}, fence {record.fence}"
    if record.failed_attempts or record.claims_without_progress:
        yield (
            "tries",
            (
                f"{record.failed_attempts} failed, "
                f"{record.claims_without_progress} claims without progress"
            ),
        )
    if one.error_class:
        yield "error", f"{one.error_class} in {record.error_stage or '-'}: {record.error_message}"
        yield "what to do", record.error_hint or "see the events below"
    for question in record.questions:
        yield "may be meant", question
    if record.help_text:
        yield "help text", record.help_text
    for letter in record.waiting_letters:
        yield "dead letter", f"{letter} (python -m worker dead-letters replay {letter})"
    yield "cost", f"{one.cost_micros / MICROS:.6f}"


def _stages(record: RequestRecord) -> Table:
    table = Table("  stage", "status", "began", "took", box=None)
    for run in record.stages:
        took = "-" if run.seconds is None else f"{run.seconds:.2f} s"
        state = run.status if run.error_class is None else f"{run.status}: {run.error_class}"
        table.add_row(f"  {run.stage}", state, f"{run.started_at:%H:%M:%S}", took)
    return table


def _events(events: Sequence[RecordedEvent]) -> Table:
    table = Table("  at", "event", "stage", "fence", "details", box=None)
    for event in events:
        details = ", ".join(f"{name}={value}" for name, value in event.details.items())
        table.add_row(
            f"  {event.occurred_at:%H:%M:%S}",
            event.kind,
            event.stage or "-",
            str(event.fence),
            details,
        )
    return table


def _costs(record: RequestRecord) -> Table:
    table = Table("  stage", "provider", "call", "calls", "cost", box=None)
    for cost in record.costs:
        calls = str(cost.calls) + (f", {cost.open_calls} open" if cost.open_calls else "")
        price = f"{cost.price_micros / MICROS:.6f}"
        table.add_row(f"  {cost.stage}", cost.provider, cost.operation, calls, price)
    return table
