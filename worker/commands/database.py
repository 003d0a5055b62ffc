"""`db inspect`: the tables, as the database has them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from worker.adapters.database.inspection import TableShape, inspect_tables
from worker.commands.exit_codes import ExitCode
from worker.commands.operating import operate
from worker.commands.printed_json import print_json
from worker.upkeep import UpkeepResources

KIB = 1024


async def inspect_database(
    environ: Mapping[str, str], names: Sequence[str], *, as_json: bool
) -> ExitCode:
    """Print tables with their columns, keys and sizes; a name that no table has is a wrong use."""

    async def work(upkeep: UpkeepResources) -> ExitCode:
        tables = await inspect_tables(upkeep.engine)
        known = {table.name for table in tables}
        if missing := [name for name in names if name not in known]:
            print(
                f"no table {', '.join(missing)}; there are: {', '.join(sorted(known)) or 'none'}",
                file=sys.stderr,
            )
            return ExitCode.USAGE
        wanted = [table for table in tables if not names or table.name in names]
        if as_json:
            print_json({"tables": wanted})
        else:
            for table in wanted:
                _print(table)
        return ExitCode.DONE

    return await operate(environ, work)


def _print(table: TableShape) -> None:
    size = f"{table.bytes_on_disk / KIB:.0f} KiB, about {table.estimated_rows} rows"
    print(f"{table.name} ({size})")
    for column in table.columns:
        null = "" if column.nullable else " NOT NULL"
        default = f" DEFAULT {column.default}" if column.default else ""
        print(f"  {column.name:<28} {column.type}{null}{default}")
    if table.primary_key:
        print(f"  primary key: {', '.join(table.primary_key)}")
    for key in table.foreign_keys:
        print(f"  foreign key: {key}")
    for index in table.indexes:
        print(f"  index: {index}")
    print()
