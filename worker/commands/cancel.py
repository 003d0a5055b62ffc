"""`cancel`: end a request that nobody wants any more, also while a worker is at it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from worker.adapters.database.request_book import PostgresRequestBook
from worker.commands.exit_codes import ExitCode
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.lessons.claim import AlreadyEnded, Claim, NoSuchRequest
from worker.lessons.ending import Ending, EventAddress, OutgoingMessage, end_event
from worker.lessons.stage import Status
from worker.upkeep import UpkeepResources


async def cancel(environ: Mapping[str, str], request_id: UUID, *, as_json: bool) -> ExitCode:
    """Cancel one request; a request that is ended stays as it is."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        events = EventAddress(upkeep.settings.events_topic, upkeep.settings.environment)

        def event_of(claim: Claim, correlation_id: str) -> OutgoingMessage:
            ending = Ending(Status.CANCELLED)
            return end_event(events, claim, correlation_id, ending, datetime.now(UTC))

        answer = await PostgresRequestBook(upkeep.engine).cancel(request_id, event_of)
        if as_json:
            print_json({"request_id": request_id, "status": _status_after(answer)})
        if isinstance(answer, Claim):
            if not as_json:
                print(f"{request_id} cancelled")
            return ExitCode.DONE
        print(f"{request_id}: {_refusal(answer)}", file=sys.stderr)
        return ExitCode.USAGE

    return await operate(environ, work)


def _status_after(answer: Claim | AlreadyEnded | NoSuchRequest) -> Status | None:
    if isinstance(answer, AlreadyEnded):
        return answer.status
    return Status.CANCELLED if isinstance(answer, Claim) else None


def _refusal(answer: AlreadyEnded | NoSuchRequest) -> str:
    if isinstance(answer, AlreadyEnded):
        return f"it is ended as {answer.status.value}; nothing was changed"
    return "there is no such request; see that the id and DATABASE_URL are right"
