"""`submit`: ask for a lesson as the platform does."""

from __future__ import annotations

from collections.abc import Mapping

from worker.commands.exit_codes import ExitCode
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.commands.submission import submit_request
from worker.lessons.ask import Ask
from worker.upkeep import UpkeepResources


async def submit(environ: Mapping[str, str], ask: Ask, *, as_json: bool) -> ExitCode:
    """Write a request, publish its message, and print its id."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        request = await submit_request(upkeep.engine, upkeep.publisher, upkeep.settings, ask)
        if as_json:
            print_json({"request_id": request.request_id, "correlation_id": request.correlation_id})
        else:
            print(request.request_id)
        return ExitCode.DONE

    return await operate(environ, work)
