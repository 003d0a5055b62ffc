"""How many seeded faults and equivalents schema_checks and Alembic's `compare_metadata` report.

Run it with `python benchmarks/compare_recall.py [--list]`. It starts a PostgreSQL of its own and
goes through the matrices of `tests/integration/schema_checks`: every drift is made in a transaction
that is rolled back, every equivalent pair in one, too. A drift counts as found by schema_checks
when the very finding that the test names is reported, and by Alembic when its differences are any
others than those of the untouched database. `--list` names what each one missed or said falsely.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, create_engine, text
from sqlalchemy.pool import NullPool

sys.path.insert(0, str(Path(__file__).parents[1]))  # the matrices are the tests' own

from schema_checks import run_checks
from tests.integration.schema_checks.conftest import Server, running_server
from tests.integration.schema_checks.test_drifts import DRIFTS, Base
from tests.integration.schema_checks.test_equivalents import equivalents, model

HAZARDS = frozenset({"SC130", "SC204"})  # warnings about the models alone, as in the tests


@dataclass
class Tally:
    """What one tool made of the matrices.

    Attributes:
        missed: Drifts without a finding.
        false: Equivalents with one.
        crashed: Cases in which the tool itself raised.
    """

    name: str
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)


Seen = frozenset[str]
Look = Callable[[Connection, MetaData], Seen]


def ours(mode: Literal["boot", "deep"]) -> Look:
    """Return what reports each finding as `CODE subject`."""

    def look(connection: Connection, metadata: MetaData) -> Seen:
        findings = run_checks(metadata, connection, mode=mode).findings
        return frozenset(f"{one.code} {one.subject}" for one in findings if one.code not in HAZARDS)

    return look


def alembic(connection: Connection, metadata: MetaData) -> Seen:
    """Return each of Alembic's differences as text, with types and defaults compared."""
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    differences = compare_metadata(context, metadata)
    # The texts of objects hold addresses, which change from one look to the next.
    return frozenset(re.sub(r" at 0x[0-9a-f]+", "", repr(one)) for one in differences)


TOOLS: dict[str, Look] = {
    "schema_checks boot": ours("boot"),
    "schema_checks deep": ours("deep"),
    "compare_metadata": alembic,
}


def drifts(engine: Engine, tally: Tally, look: Look) -> None:
    """Seed every drift, look, and roll it back."""
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        untouched = look(connection, Base.metadata)
        connection.rollback()
        for drift in DRIFTS:
            for statement in re.split(r";(?=\s*[A-Z])", drift.sql):
                connection.exec_driver_sql(statement)
            name = f"{drift.code} {drift.sql}"
            try:
                seen = look(connection, Base.metadata)
            except Exception as error:  # noqa: BLE001 - a crash is what is being counted
                tally.crashed.append(f"{name}: {type(error).__name__}")
                seen = untouched
            wanted = {f"{drift.code} {drift.subject}"}
            found = seen != untouched if tally.name == "compare_metadata" else wanted <= seen
            if not found:
                tally.missed.append(name)
            connection.rollback()


def pairs(engine: Engine, tally: Tally, look: Look) -> None:
    """Make every equivalent pair, look, and roll it back."""
    with engine.connect() as connection:
        for name, (parts, ddl) in equivalents().items():
            for statement in ddl.split(";"):
                connection.exec_driver_sql(statement.replace("%", "%%"))
            try:
                if look(connection, model(parts, ddl)):
                    tally.false.append(name)
            except Exception as error:  # noqa: BLE001 - as above
                tally.crashed.append(f"{name}: {type(error).__name__}")
            connection.rollback()


def tally_of(server: Server, number: int, name: str) -> Tally:
    """Go through both matrices with one tool, in databases of its own."""
    tally = Tally(name)
    admin = create_engine(server.url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    for run in (drifts, pairs):
        database = f"{run.__name__}_{number}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {database} TEMPLATE template0"))
        run(create_engine(server.url(database), poolclass=NullPool), tally, TOOLS[name])
    return tally


def show(tallies: Sequence[Tally], *, with_names: bool) -> None:
    """Print the table, the names where asked for, and the JSON as the last line."""
    of_drifts, of_pairs = len(DRIFTS), len(equivalents())
    print(f"| | found of {of_drifts} drifts | false reports of {of_pairs} equivalents | crashes |")
    print("|---|---:|---:|---:|")
    result: dict[str, dict[str, int]] = {}
    for one in tallies:
        found = of_drifts - len(one.missed)
        print(f"| {one.name} | {found} | {len(one.false)} | {len(one.crashed)} |")
        result[one.name] = {
            "drifts": of_drifts,
            "found": found,
            "equivalents": of_pairs,
            "false": len(one.false),
            "crashes": len(one.crashed),
        }
    for one in tallies if with_names else ():
        for kind, names in (("missed", one.missed), ("false", one.false), ("crash", one.crashed)):
            for name in names:
                print(f"{one.name}: {kind}: {name}")
    print(json.dumps(result))


def main() -> None:
    """Run every tool over the matrices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name what was missed or false")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # both tools warn of types and indexes that they cannot read
    with running_server() as server:
        tallies = [tally_of(server, number, name) for number, name in enumerate(TOOLS)]
    show(tallies, with_names=options.list)


if __name__ == "__main__":
    main()
