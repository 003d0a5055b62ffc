"""`smoke`: one real lesson through a deployed worker, and what it took."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from os.path import commonpath
from uuid import UUID

from gcloud.aio.auth import Token
from rich.console import Console

from worker.adapters.cloud_run import SCOPES, CloudRunJobs
from worker.adapters.database.request_book import PostgresRequestBook, RequestState
from worker.adapters.database.request_records import PostgresRequestRecords
from worker.commands.exit_codes import ExitCode
from worker.commands.following import follow_with_bar, print_end
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.commands.submission import submit_request
from worker.lessons.ask import Ask
from worker.lessons.costs import MICROS
from worker.lessons.stage import Status
from worker.upkeep import UpkeepResources


@dataclass(frozen=True, slots=True)
class SmokePlan:
    """What to try.

    Attributes:
        seconds: How long the request may take to end.
        job: Region and name of the Cloud Run Job to execute; None where a worker runs already.
    """

    ask: Ask
    seconds: float
    job: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class SmokeVerdict:
    """How it went.

    Attributes:
        state: The last that was read of the request.
        missing: Names of files that its row names and the bucket does not have.
        cost_micros: What its calls cost.
    """

    request_id: UUID
    state: RequestState
    missing: tuple[str, ...]
    elapsed_seconds: float
    cost_micros: int
    execution: str | None

    @property
    def passed(self) -> bool:
        """Whether there is a lesson, and it is whole."""
        has_files = bool(self.state.objects) and not self.missing
        return self.state.status is Status.COMPLETED and has_files


async def smoke(environ: Mapping[str, str], plan: SmokePlan, *, as_json: bool) -> ExitCode:
    """Submit, execute the Job where one is named, follow, look at the files, judge."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        verdict = await _try(upkeep, plan)
        if as_json:
            print_json(_facts(verdict))
        else:
            _print(verdict)
        if not verdict.state.status.is_end:
            print(
                f"not ended after {plan.seconds:.0f} s; `python -m worker show "
                f"{verdict.request_id}` tells where it is, and see that a worker runs",
                file=sys.stderr,
            )
            return ExitCode.PREFLIGHT_UNREACHABLE
        return ExitCode.DONE if verdict.passed else ExitCode.OWN_FAULT

    return await operate(environ, work)


async def _try(upkeep: UpkeepResources, plan: SmokePlan) -> SmokeVerdict:
    began = time.monotonic()
    request = await submit_request(upkeep.engine, upkeep.publisher, upkeep.settings, plan.ask)
    execution = await _execute(upkeep, plan.job)
    state = await follow_with_bar(
        PostgresRequestBook(upkeep.engine),
        request.request_id,
        Console(stderr=True),
        lambda: time.monotonic() - began > plan.seconds,
    )
    record = await PostgresRequestRecords(upkeep.engine).read(request.request_id)
    return SmokeVerdict(
        request_id=request.request_id,
        state=state,
        missing=await _missing(upkeep, state),
        elapsed_seconds=time.monotonic() - began,
        cost_micros=0 if record is None else record.summary.cost_micros,
        execution=execution,
    )


async def _execute(upkeep: UpkeepResources, job: tuple[str, str] | None) -> str | None:
    if job is None:
        return None
    async with Token(scopes=list(SCOPES)) as token:
        return await CloudRunJobs(upkeep.session, upkeep.settings.project, token).execute(*job)


async def _missing(upkeep: UpkeepResources, state: RequestState) -> tuple[str, ...]:
    """Return the files that the row names and that the bucket does not have."""
    names = {name for _, name in state.objects}
    if not names:
        return ()
    bucket = upkeep.settings.generated_bucket
    prefix = commonpath(sorted(names))
    async with asyncio.timeout(upkeep.settings.storage_call_seconds):
        there = {found.name async for found in upkeep.objects.list_objects(bucket, prefix)}
    return tuple(sorted(names - there))


def _facts(verdict: SmokeVerdict) -> dict[str, object]:
    """Return what `--json` prints."""
    state = verdict.state
    return {
        "passed": verdict.passed,
        "request_id": verdict.request_id,
        "status": state.status,
        "elapsed_seconds": round(verdict.elapsed_seconds, 3),
        "stage_seconds": dict(state.stage_seconds),
        "cost_micros": verdict.cost_micros,
        "files": dict(state.objects),
        "missing": verdict.missing,
        "error": state.error,
        "hint": state.error_hint,
        "execution": verdict.execution,
    }


def _print(verdict: SmokeVerdict) -> None:
    state = verdict.state
    print(f"{'passed' if verdict.passed else 'FAILED'}: request {verdict.request_id}")
    if verdict.execution is not None:
        print(f"execution  {verdict.execution}")
    print(f"status     {state.status.value} after {verdict.elapsed_seconds:.1f} s")
    for stage, seconds in state.stage_seconds:
        print(f"  {stage:<18} {seconds:.1f} s")
    print(f"cost       {verdict.cost_micros / MICROS:.6f}")
    print(f"files      {len(state.objects)}, {len(verdict.missing)} missing")
    for name in verdict.missing:
        print(f"  missing  {name}")
    if state.status is not Status.COMPLETED:
        print_end(state, Console())
