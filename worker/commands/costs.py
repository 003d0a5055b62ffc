"""`costs`: what was spent, by organisation, topic or provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from worker.adapters.database.cost_report import report_costs
from worker.adapters.price_file import BUNDLED, load_prices
from worker.commands.exit_codes import ExitCode
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.lessons.cost_report import CostGroup, CostLine
from worker.lessons.costs import MICROS, PriceTable
from worker.upkeep import UpkeepResources

MEGA = 1_000_000
HEADINGS = ("", "requests", "calls", "tokens", "characters", "CPU s", "MB stored", "MB served")
WIDTHS = (28, 9, 7, 10, 11, 9, 10, 10)


async def costs(
    environ: Mapping[str, str], since: timedelta, group: CostGroup, *, as_json: bool
) -> ExitCode:
    """Print the costs of a time, the dearest group first."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        lines = await report_costs(upkeep.engine, since, group)
        prices = load_prices(upkeep.settings.prices or BUNDLED)
        if as_json:
            print_json(_described(lines, prices, since, group))
        else:
            _print(lines, prices, group)
        return ExitCode.DONE

    return await operate(environ, work)


def _described(
    lines: Sequence[CostLine], prices: PriceTable, since: timedelta, group: CostGroup
) -> dict[str, object]:
    return {
        "since_seconds": since.total_seconds(),
        "by": group.value,
        "currency": prices.currency,
        "prices_dated": prices.dated.isoformat(),
        "total": sum(line.micros for line in lines) / MICROS,
        "lines": [
            {
                "name": line.name,
                "requests": line.requests,
                "calls": line.calls,
                **asdict(line.used),
                "amount": line.micros / MICROS,
                "estimated": line.assumed_micros / MICROS,
            }
            for line in lines
        ],
    }


def _print(lines: Sequence[CostLine], prices: PriceTable, group: CostGroup) -> None:
    headings = (group.value, *HEADINGS[1:])
    print(_row(headings), f"{prices.currency:>12}", f"{'estimated':>12}")
    for line in lines:
        used = line.used
        cells = (
            line.name or "(none)",
            line.requests,
            line.calls,
            used.tokens_in + used.tokens_out,
            used.characters,
            f"{used.cpu_seconds:.1f}",
            f"{used.bytes_stored / MEGA:.1f}",
            f"{used.bytes_served / MEGA:.1f}",
        )
        amounts = (line.micros, line.assumed_micros)
        print(_row(cells), *(f"{one / MICROS:>12.6f}" for one in amounts))
    total = sum(line.micros for line in lines) / MICROS
    print(f"total {total:.6f} {prices.currency}, at prices of {prices.dated}: check them")


def _row(cells: Sequence[object]) -> str:
    first, *others = zip(cells, WIDTHS, strict=True)
    return f"{first[0]!s:<{first[1]}}" + "".join(f"{cell!s:>{width}}" for cell, width in others)
