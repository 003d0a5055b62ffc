"""The price table: does it know a price for all that the settings will buy?

A call without a price is refused when a request needs it; here that is said beforehand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime

from schema_checks import Finding, Level, Report
from worker.adapters.price_file import BUNDLED, load_prices
from worker.bootstrap import Resources
from worker.lessons.costs import BillableCall, PriceTable, Usage
from worker.lessons.errors import UnpricedCallError
from worker.settings import Settings

_TOKENS_READ = Usage(tokens_in=1)
_TOKENS_WRITTEN = Usage(tokens_out=1)
_CHARACTERS = Usage(characters=1)
_CPU = Usage(cpu_seconds=1.0)


async def check_prices(resources: Resources) -> Report:
    """Look every purchase up in the table, as of today."""
    settings = resources.settings
    table = await asyncio.to_thread(load_prices, settings.prices or BUNDLED)
    return Report.of(judge_prices(settings, table, datetime.now(UTC).date()))


def judge_prices(settings: Settings, table: PriceTable, day: date) -> Iterator[Finding]:
    """Return a finding for each unit of each purchase that has no price on a day."""
    for variable, call in _purchases(settings):
        try:
            table.micros(call, call.estimate, day)
        except UnpricedCallError as error:
            yield Finding(
                code="WK404",
                level=Level.ERROR,
                subject=variable,
                message=error.message,
                consequence="the calls are not made, and no request gets past them",
                hint="copy worker/adapters/prices.toml, add the price, and name the copy in "
                f"WORKER_PRICES; or name another in {variable}",
            )


def _purchases(settings: Settings) -> Iterator[tuple[str, BillableCall]]:
    """Yield what will be bought, one unit each, with the setting that decides it."""
    prices = "WORKER_PRICES"
    yield prices, BillableCall("renderer", "segment", _CPU)
    yield prices, BillableCall("cloud_storage", "upload", Usage(bytes_stored=1))
    yield prices, BillableCall("cloud_storage", "download", Usage(bytes_served=1))
    if settings.writer == "gemini":
        for used in (_TOKENS_READ, _TOKENS_WRITTEN):
            yield "WORKER_WRITER_MODEL", BillableCall("gemini", settings.writer_model, used)
        model = settings.embedding_model
        yield "WORKER_EMBEDDING_MODEL", BillableCall("gemini", model, _TOKENS_READ)
    else:
        yield prices, BillableCall("curriculum", "write", _CPU)
    if settings.voice == "google":
        for variable, names in (
            ("WORKER_VOICE_NAMES", settings.voice_names),
            ("WORKER_VOICE_ALTERNATIVES", settings.voice_alternatives),
        ):
            for name in names:
                yield variable, BillableCall("google_voice", name, _CHARACTERS)
    else:
        yield prices, BillableCall("hibari", "speak", _CPU)
