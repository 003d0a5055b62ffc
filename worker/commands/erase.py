"""`erase`: remove everything of one student."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping

from worker.adapters.database.erasure import PostgresErasure
from worker.commands.exit_codes import ExitCode
from worker.commands.operating import operate
from worker.delivery.erase import Erasure
from worker.upkeep import UpkeepResources

WHAT_STAYS = (
    "The row in `users` belongs to the platform and stays; so do messages that topics still hold, "
    "until their retention ends."
)

KINDS = ("requests", "stages", "events", "costs", "outbox messages", "dead letters", "objects")


async def erase(
    environ: Mapping[str, str], student_id: str, *, yes: bool, as_json: bool
) -> ExitCode:
    """Erase a student, asked first on a terminal; a student of whom nothing is left is fine."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        rows = PostgresErasure(upkeep.engine)
        if not yes and not await _confirmed(await rows.count(student_id)):
            return ExitCode.USAGE
        removed = Counter(dict.fromkeys(KINDS, 0))
        try:
            bucket = upkeep.settings.generated_bucket
            await Erasure(rows, upkeep.objects, bucket).erase(student_id, removed)
        finally:
            _report(removed, as_json=as_json)
        return ExitCode.DONE

    return await operate(environ, work)


async def _confirmed(counts: Mapping[str, int]) -> bool:
    found = ", ".join(f"{count} {name}" for name, count in counts.items())
    if not sys.stdin.isatty():
        print(f"this would erase {found} and all that hangs on them; add --yes", file=sys.stderr)
        return False
    question = f"Erase {found} and all that hangs on them? This cannot be undone. Type yes: "
    return (await asyncio.to_thread(input, question)).strip() == "yes"


def _report(removed: Mapping[str, int], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"removed": dict(removed)}))
        return
    for kind, count in removed.items():
        print(f"{count:>8} {kind}")
    print(WHAT_STAYS)
