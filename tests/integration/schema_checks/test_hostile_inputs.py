"""What is hostile to the checker itself ends in a report, never in a crash."""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from schema_checks import Report, run_checks

ROOT = Path(__file__).parents[3]


def one_table() -> MetaData:
    metadata = MetaData()
    Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("c", Integer, CheckConstraint("c > 0", name="positive")),
    )
    return metadata


def undecided_table() -> MetaData:
    """A table with a CHECK whose words PostgreSQL changes, so that only deep mode can tell."""
    metadata = one_table()
    condition = "c > 0 AND interval '5 minutes' < interval '1 day'"
    metadata.tables["t"].append_constraint(CheckConstraint(condition, name="in_time"))
    return metadata


def as_role(engine: Engine, *grants: str) -> Engine:
    """Make a role with these grants on this database, and connect as it."""
    with engine.begin() as connection:
        role = f"role_of_{engine.url.database}"
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        for grant in grants:
            connection.execute(text(grant.replace("ROLE", role)))
    return create_engine(engine.url.set(username=role), poolclass=NullPool)


def drop_role(engine: Engine) -> None:
    with engine.begin() as connection:
        role = f"role_of_{engine.url.database}"
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


def test_a_role_that_may_not_read_the_catalog_gives_a_check_that_was_not_done(
    engine: Engine,
) -> None:
    one_table().create_all(engine)
    weak = as_role(engine, "REVOKE SELECT ON pg_catalog.pg_constraint FROM PUBLIC")
    with weak.connect() as connection:
        report = run_checks(one_table(), connection)
    drop_role(engine)
    assert [skip.blocking for skip in report.skipped] == [True]
    assert "permission denied for table pg_constraint" in report.skipped[0].reason
    assert not report.ok


def test_deep_mode_without_the_right_to_temporary_tables_says_so(engine: Engine) -> None:
    undecided_table().create_all(engine)
    database = engine.url.database
    weak = as_role(
        engine,
        f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        "GRANT ALL ON t TO ROLE",
        "GRANT ALL ON SEQUENCE t_id_seq TO ROLE",
    )
    with weak.connect() as connection:
        report = run_checks(undecided_table(), connection, mode="deep")
    drop_role(engine)
    assert report.findings == ()
    assert "permission denied to create temporary tables" in report.skipped[0].reason


def test_deep_mode_leaves_nothing_behind_and_refuses_autocommit(engine: Engine) -> None:
    metadata = undecided_table()
    metadata.create_all(engine)
    left = text("SELECT count(*) FROM pg_class WHERE relname LIKE 'schema\\_checks%'")
    with engine.connect() as connection:
        assert run_checks(metadata, connection, mode="deep") == Report()
        assert connection.execute(left).scalar_one() == 0
        connection.rollback()
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        report = run_checks(metadata, autocommit, mode="deep")
        assert "autocommit" in report.skipped[0].reason
        assert connection.execute(left).scalar_one() == 0


def test_boot_mode_writes_nothing_in_at_most_six_statements(engine: Engine) -> None:
    one_table().create_all(engine)
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        sent.append(arguments[2].strip().split()[0])

    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", note)
        assert run_checks(one_table(), connection) == Report()
    assert sent == ["SET", "SELECT", "WITH", "WITH"]


def test_a_statement_that_takes_too_long_is_a_check_that_was_not_done(engine: Engine) -> None:
    slow = engine.execution_options()

    @event.listens_for(slow, "before_cursor_execute", retval=True)
    def sleep(*arguments: Any) -> tuple[str, Any]:
        statement, parameters = arguments[2], arguments[3]
        if "statement_timeout" in statement and "milliseconds" in parameters:
            return statement, {"milliseconds": "50"}
        if statement.lstrip().startswith("WITH"):
            return "SELECT pg_sleep(5)", ()
        return statement, parameters

    with slow.connect() as connection:
        report = run_checks(one_table(), connection)
    assert "statement timeout" in report.skipped[0].reason


NAMES = [
    "select",
    "Mixed Case",
    'quo"te',
    "Größe",
    "per%cent",
    "co:lon",
    "new\nline",
    "dot.ted",
    "'",
]


@pytest.mark.parametrize("mode", ["boot", "deep"])
@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
async def test_names_of_any_kind_are_compared_as_they_are(
    engine: Engine, driver: str, mode: Any
) -> None:
    metadata = MetaData()
    for name in NAMES:
        Table(
            name,
            metadata,
            Column(name, Integer, primary_key=True),
            Column(f"{name} 2", String(9), server_default=f"{name}%"),
            Index(f"index of {name}", f"{name} 2"),
            schema="Sch%ema",
        )
    with engine.begin() as connection:
        connection.execute(text('CREATE SCHEMA "Sch%ema"'))
        metadata.create_all(connection)
    target = create_async_engine(
        engine.url.set(drivername=f"postgresql+{driver}"), poolclass=NullPool
    )
    async with target.connect() as connection_:
        report = await connection_.run_sync(lambda sync: run_checks(metadata, sync, mode=mode))
        await connection_.run_sync(lambda sync: sync.rollback())
    await target.dispose()
    assert report == Report()


def test_a_schema_of_3000_tables_is_read_whole(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "DO $$ BEGIN FOR n IN 1..3000 LOOP EXECUTE"
            " 'CREATE TABLE t_' || n || ' (id serial PRIMARY KEY, name varchar(9))';"
            " END LOOP; END $$"
        )
    metadata = MetaData()
    for number in range(1, 3001):
        wide = 5 if number == 2999 else 9
        Table(
            f"t_{number}",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("name", String(wide)),
        )
    with engine.connect() as connection:
        report = run_checks(metadata, connection)
    assert [(one.code, one.subject) for one in report.findings] == [("SC502", "t_2999.name")]


def test_it_runs_where_only_sqlalchemy_and_a_driver_are_installed(
    engine: Engine, tmp_path: Path
) -> None:
    """An environment of its own, with nothing from this one but the named distributions."""
    venv.create(tmp_path / "venv", with_pip=False)
    packages = tmp_path / "packages"
    packages.mkdir()
    for name in ("sqlalchemy", "psycopg", "psycopg-binary", "typing_extensions"):
        _link(name, packages)
    (packages / "schema_checks").symlink_to(ROOT / "schema_checks")
    (packages / "models.py").write_text(
        "from sqlalchemy import *\nmetadata = MetaData()\n"
        "Table('t', metadata, Column('id', Integer, primary_key=True))\n"
    )
    python = tmp_path / "venv" / "bin" / "python"
    url = engine.url.render_as_string(hide_password=False)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, *arguments],
            env={"PYTHONPATH": str(packages)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert "No module named 'alembic'" in run("-c", "import alembic").stderr
    arguments = ("-m", "schema_checks", "models", "--database-url", url, "--mode", "deep")
    result = run(*arguments)
    assert result.returncode == 1, result.stderr
    assert "SC302" in result.stdout
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (id serial PRIMARY KEY)"))
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (0, "no findings\n"), result.stderr


def _link(name: str, target: Path) -> None:
    """Link everything at the top level that a distribution installed."""
    found = distribution(name)
    roots = {Path(str(file)).parts[0] for file in found.files or ()}
    for root in roots - {"..", "__pycache__"}:
        (target / root).symlink_to(Path(str(found.locate_file(root))))


def test_it_imports_nothing_but_sqlalchemy_and_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import schema_checks.cli;"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*(tops - set(sys.stdlib_module_names) - {'schema_checks', 'sqlalchemy'}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # What SQLAlchemy itself brings, and what its C extensions and the interpreter leave behind.
    allowed = ("typing_extensions", "greenlet", "cython_runtime", "_cython", "_sysconfigdata")
    names = result.stdout.split()
    assert [name for name in names if not name.startswith(allowed)] == []
