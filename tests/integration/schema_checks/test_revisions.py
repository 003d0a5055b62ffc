"""Alembic's version table in a real database, beside the scripts and the drift of the tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from schema_checks import Migrations, Report, run_checks

SCRIPT = 'raise RuntimeError("a script is never run")\nrevision = {0!r}\ndown_revision = {1!r}\n'


class Base(DeclarativeBase):
    """The models' base."""


class Lamp(Base):
    """A table."""

    __tablename__ = "lamps"
    lamp_id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Three revisions, one after another."""
    for revision, parent in (("a1", None), ("b2", "a1"), ("c3", "b2")):
        write(tmp_path, revision, parent)
    return tmp_path


def write(folder: Path, revision: str, parent: str | None) -> None:
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "versions" / f"{revision}.py").write_text(SCRIPT.format(revision, parent))


def at(engine: Engine, migrations: Migrations, *versions: str, table: str | None = None) -> Report:
    """Make the tables, say which revisions are applied, and check."""
    name = table or "alembic_version"
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        connection.exec_driver_sql(f"CREATE TABLE {name} (version_num varchar(32) PRIMARY KEY)")
        for version in versions:
            connection.exec_driver_sql(f"INSERT INTO {name} VALUES ('{version}')")  # noqa: S608 - a name of the test's own
    return check(engine, migrations)


def check(engine: Engine, migrations: Migrations) -> Report:
    with engine.connect() as connection:
        return run_checks(Base, connection, migrations=migrations)


def found(report: Report) -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in report.findings]


def test_a_database_at_the_head_is_clean(engine: Engine, scripts: Path) -> None:
    assert at(engine, Migrations(scripts), "c3") == Report()


def test_pending_revisions_stand_beside_the_drift_that_they_mend(
    engine: Engine, scripts: Path
) -> None:
    at(engine, Migrations(scripts), "a1")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE lamps")
    report = check(engine, Migrations(scripts))
    assert found(report) == [("SC302", "lamps"), ("SC601", "b2"), ("SC601", "c3")]
    assert report.findings[1].location is not None
    assert report.findings[1].location.path.endswith("b2.py")


def test_an_unknown_revision_is_a_warning(engine: Engine, scripts: Path) -> None:
    report = at(engine, Migrations(scripts), "zz")
    assert found(report) == [("SC602", "zz")]
    assert report.ok


def test_two_rows_of_a_fork_and_their_missing_merge_are_named(
    engine: Engine, scripts: Path
) -> None:
    write(scripts, "d4", "b2")
    report = at(engine, Migrations(scripts), "c3", "d4")
    assert found(report) == [("SC603", "migrations")]
    assert "c3, d4" in report.findings[0].message


def test_a_database_that_alembic_never_saw_is_an_error(engine: Engine, scripts: Path) -> None:
    Base.metadata.create_all(engine)
    assert found(check(engine, Migrations(scripts))) == [("SC604", "alembic_version")]


def test_a_version_table_of_another_name_and_schema_is_read(engine: Engine, scripts: Path) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA ops")
    migrations = Migrations(scripts, "versions", "ops")
    assert found(at(engine, migrations, "b2", table="ops.versions")) == [("SC601", "c3")]
