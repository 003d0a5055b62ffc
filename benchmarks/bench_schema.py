"""How long a check takes at 10, 100 and 1000 tables, beside Alembic's `compare_metadata`.

Run it with `just bench-schema` or `python benchmarks/bench_schema.py [--sizes 10,100,1000]`. It
starts a PostgreSQL of its own. Both sides get the same models (already imported), the same open
psycopg connection and the same untouched database, and take turns, so that a busy machine slows
both. `configure` is SQLAlchemy's own `configure_mappers()` in a fresh process, `first` the first
check after it; the other figures are medians of the rounds after that, the ratio is the median of
the rounds' ratios. The deep check has rounds of its own: its temporary tables leave the server's
caches cold for whatever follows. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    CheckConstraint,
    Connection,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    configure_mappers,
    mapped_column,
    relationship,
)
from sqlalchemy.pool import NullPool

from schema_checks import Report, run_checks
from worker.embedded.postgres import EmbeddedPostgres

SIZES = (10, 100, 1000)
ROUNDS = 15
ROUNDS_OF_MANY = 5  # at 1000 tables, where compare_metadata takes seconds


@dataclass(frozen=True)
class Timing:
    """Milliseconds and counts at one size."""

    tables: int
    configure_ms: float
    first_ms: float
    boot_ms: float
    deep_ms: float
    compare_metadata_ms: float
    speedup: float
    queries: int
    compare_metadata_queries: int
    findings: int
    compare_metadata_findings: int


def make_models(count: int) -> type[DeclarativeBase]:
    """Return a Base with `count` mapped classes of 12 columns, each with the usual extras."""

    class Base(DeclarativeBase):
        pass

    kinds = ("new", "open", "done")
    for number in range(count):
        name, parent = f"table_{number}", f"table_{max(0, number - 1)}"
        space: dict[str, object] = {
            "__tablename__": name,
            "__annotations__": {"parent": Mapped[f"Model{max(0, number - 1)}"]},  # type: ignore[misc] # made of text
            "id": mapped_column(Integer, primary_key=True),
            "parent_id": mapped_column(ForeignKey(f"{parent}.id", ondelete="CASCADE"), index=True),
            "code": mapped_column(String(40), unique=True),
            "title": mapped_column(String(200), server_default="untitled"),
            "note": mapped_column(String, nullable=True),
            "amount": mapped_column(Numeric(12, 2), server_default=text("0")),
            "kind": mapped_column(Enum(*kinds, name="kind")),
            "created_at": mapped_column(DateTime(timezone=True), server_default=func.now()),
            "updated_at": mapped_column(DateTime(timezone=True), nullable=True),
            **{f"value_{place}": mapped_column(Integer) for place in range(3)},
            "parent": relationship(
                f"Model{max(0, number - 1)}", remote_side=f"Model{max(0, number - 1)}.id"
            ),
            "__table_args__": (
                CheckConstraint("amount >= 0", name=f"amount_{number}"),
                Index(f"ix_created_{number}", "created_at", "kind"),
            ),
        }
        # SQLAlchemy's class registry is weak: somebody has to hold the classes.
        setattr(Base, f"_held_{number}", type(f"Model{number}", (Base,), space))
    return Base


def timed(run: Callable[[], object]) -> float:
    """Return how many milliseconds a call took."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def compare(connection: Connection, base: type[DeclarativeBase]) -> list[object]:
    """Compare as `alembic check` does, with types and server defaults."""
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    differences = list(compare_metadata(context, base.metadata))
    connection.rollback()
    return differences


def count_queries(connection: Connection, run: Callable[[], object]) -> int:
    """Return how many statements SQLAlchemy sends during a call, BEGIN and ROLLBACK apart."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(connection, "before_cursor_execute", note)
    run()
    event.remove(connection, "before_cursor_execute", note)
    return len(sent)


def measure(url: str, count: int) -> Timing:
    """Measure one size in this process, on a new database."""
    base = make_models(count)
    engine = create_engine(url, poolclass=NullPool)
    base.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()

        def boot() -> Report:
            return run_checks(base, connection)

        def deep() -> Report:
            return run_checks(base, connection, mode="deep")

        def alembic() -> list[object]:
            return compare(connection, base)

        configure = timed(configure_mappers)
        first = timed(boot)
        queries = count_queries(connection, boot)
        alembic_queries = count_queries(connection, alembic)
        rounds = ROUNDS_OF_MANY if count > 100 else ROUNDS  # noqa: PLR2004 - where it takes seconds
        turns = [(timed(boot), timed(alembic)) for _ in range(rounds)]
        report, differences = boot(), alembic()
        deeps = [timed(deep) for _ in range(rounds)]
    engine.dispose()
    boots, alembics = zip(*turns, strict=True)
    return Timing(
        tables=count,
        configure_ms=configure,
        first_ms=first,
        boot_ms=median(boots),
        deep_ms=median(deeps),
        compare_metadata_ms=median(alembics),
        speedup=median(theirs / ours for ours, theirs in turns),
        queries=queries,
        compare_metadata_queries=alembic_queries,
        findings=len(report.findings) + len(report.skipped),
        compare_metadata_findings=len(differences),
    )


async def run_all(sizes: Sequence[int]) -> list[Timing]:
    """Start a server and measure every size, each in a process and a database of its own."""
    timings: list[Timing] = []
    with tempfile.TemporaryDirectory(prefix="bench-schema-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - one call before any work; nobody must enter it
        server = EmbeddedPostgres(fsync=False)
        url = await server.start(Path(folder) / "state")
        try:
            for size in sizes:
                timing = await asyncio.to_thread(_in_own_process, url, size)
                timings += [timing]
        finally:
            await server.stop()
    return timings


def _in_own_process(url: str, size: int) -> Timing:
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    admin = create_engine(url, poolclass=NullPool)
    with admin.begin() as connection:
        connection.execute(text("DROP OWNED BY CURRENT_USER CASCADE"))
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS public"))
    admin.dispose()
    command = [sys.executable, __file__, "--one", str(size)]
    result = subprocess.run(command, input=url, capture_output=True, text=True, check=False)  # noqa: S603 - this file itself
    if result.returncode:
        raise SystemExit(result.stderr)
    return Timing(**json.loads(result.stdout.splitlines()[-1]))


def show(timings: Sequence[Timing]) -> None:
    """Print the table, and the JSON as the last line."""
    print(
        "| tables | configure_mappers | first check | boot | deep | compare_metadata | times faster"
        " | queries | its queries |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for one in timings:
        print(
            f"| {one.tables} | {one.configure_ms:.0f} ms | {one.first_ms:.0f} ms "
            f"| {one.boot_ms:.1f} ms | {one.deep_ms:.0f} ms | {one.compare_metadata_ms:.0f} ms "
            f"| {one.speedup:.1f} | {one.queries} | {one.compare_metadata_queries} |"
        )
    result: dict[str, float | str] = {"measured_at": datetime.now().astimezone().isoformat()}
    for one in timings:
        result[f"boot_ms_{one.tables}"] = round(one.boot_ms, 1)
        result[f"first_boot_ms_{one.tables}"] = round(one.first_ms, 1)
        result[f"queries_{one.tables}"] = one.queries
        result[f"deep_ms_{one.tables}"] = round(one.deep_ms, 1)
        result[f"findings_{one.tables}"] = one.findings
        result[f"speedup_vs_compare_metadata_{one.tables}"] = round(one.speedup, 1)
    print(json.dumps(result))


def main() -> None:
    """Measure all sizes, or one for the parent process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(asdict(measure(sys.stdin.read(), options.one))))
        return
    show(asyncio.run(run_all([int(size) for size in options.sizes.split(",")])))


if __name__ == "__main__":
    main()
