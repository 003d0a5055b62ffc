"""What the database lacks, and what it has beyond the models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool
from sqlalchemy.types import UserDefinedType

from schema_checks import Report, SchemaCheckError, run_checks


class Base(DeclarativeBase):
    """The models' base."""


class Student(Base):
    """A table on the search path."""

    __tablename__ = "students"
    student_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    family_name: Mapped[str | None]


class Answer(Base):
    """A table in a schema of its own."""

    __tablename__ = "answers"
    __table_args__ = {"schema": "school"}  # noqa: RUF012 - SQLAlchemy's own shape
    answer_id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.student_id"), index=True)


def live(engine: Engine, *statements: str) -> Report:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    with engine.connect() as connection:
        report = run_checks(Base, connection)
        assert not connection.in_transaction()
    return report


def codes(report: Report) -> dict[str, str]:
    return {finding.subject: finding.code for finding in report.findings}


def test_a_database_made_from_the_models_has_no_findings(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA school"))
        Base.metadata.create_all(connection)
    report = live(engine)
    assert report == Report()


def test_an_empty_database_lacks_the_schema_and_every_table_outside_it(engine: Engine) -> None:
    assert codes(live(engine)) == {"school": "SC301", "students": "SC302"}


def test_a_missing_table_names_the_schema_that_has_one(engine: Engine) -> None:
    report = live(engine, "CREATE SCHEMA school", "CREATE TABLE answers (answer_id int)")
    messages = {finding.subject: finding.message for finding in report.findings}
    assert "there is one in schema public" in messages["school.answers"]


def test_a_missing_column_points_at_its_attribute(engine: Engine) -> None:
    report = live(
        engine,
        "CREATE SCHEMA school",
        "CREATE TABLE students (student_id varchar(100) PRIMARY KEY, famly_name varchar)",
    )
    [missing] = [finding for finding in report.findings if finding.code == "SC310"]
    assert missing.subject == "students.family_name"
    assert "did you mean famly_name?" in missing.message
    assert missing.location is not None
    line = Path(missing.location.path).read_text().splitlines()[missing.location.line - 1]
    assert "family_name: Mapped" in line


def test_an_unknown_column_is_an_error_only_where_inserts_would_fail(engine: Engine) -> None:
    report = live(
        engine,
        "CREATE SCHEMA school",
        "CREATE TABLE students (student_id varchar(100) PRIMARY KEY, family_name varchar,"
        " needed int NOT NULL, filled int NOT NULL DEFAULT 1, optional int)",
    )
    found = codes(report)
    assert found["students.needed"] == "SC320"
    assert found["students.filled"] == found["students.optional"] == "SC321"


def test_a_view_in_place_of_a_table_is_an_error_unless_the_mapping_says_so(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE VIEW rates AS SELECT 1 AS rate_id"))
    mapped_as_table, mapped_as_view = MetaData(), MetaData()
    Table("rates", mapped_as_table, Column("rate_id", Integer, primary_key=True))
    info = {"is_view": True}
    Table("rates", mapped_as_view, Column("rate_id", Integer, primary_key=True), info=info)
    with engine.connect() as connection:
        assert "SC303" in codes(run_checks(mapped_as_table, connection)).values()
        assert run_checks(mapped_as_view, connection) == Report()


def test_a_key_to_a_table_outside_the_models_is_looked_up_in_the_database(engine: Engine) -> None:
    metadata = MetaData()
    other = Table("owners", MetaData(), Column("owner_id", Integer, primary_key=True))
    Table("pets", metadata, Column("owner_id", ForeignKey(other.c.owner_id), primary_key=True))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE pets (owner_id int PRIMARY KEY)"))
    with engine.connect() as connection:
        assert codes(run_checks(metadata, connection))["pets.owner_id"] == "SC210"


async def test_asyncpg_reports_the_same_as_psycopg(engine: Engine) -> None:
    expected = live(engine, "CREATE SCHEMA school")
    asyncpg = create_async_engine(
        engine.url.set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )
    async with asyncpg.connect() as connection:
        assert await connection.run_sync(lambda sync: run_checks(Base, sync)) == expected
    await asyncpg.dispose()
    assert {finding.code for finding in expected.findings} == {"SC302"}


def test_a_connection_inside_a_transaction_stays_usable_and_keeps_its_writes(
    engine: Engine,
) -> None:
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE students (student_id varchar(100) PRIMARY KEY)"))
        found = codes(run_checks(Base, connection, include=["students"]))
        assert found == {"students.family_name": "SC310"}
        assert connection.execute(text("SELECT count(*) FROM students")).scalar_one() == 0
        timeout = connection.execute(text("SHOW statement_timeout")).scalar_one()
    assert timeout == "0"


def test_a_schema_translation_of_the_connection_is_followed(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA tenant"))
        mapped = connection.execution_options(
            schema_translate_map={None: "tenant", "school": "tenant"}
        )
        Base.metadata.create_all(mapped)
    with engine.connect() as connection:
        assert set(codes(run_checks(Base, connection))) == {"school", "students"}
        connection.rollback()
        translated = connection.execution_options(
            schema_translate_map={None: "tenant", "school": "tenant"}
        )
        assert run_checks(Base, translated) == Report()


class Embedding(UserDefinedType[str]):
    """A type that the extension `vector` brings."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Spell it."""
        return "VECTOR(3)"


def test_what_an_extension_owns_is_not_reported(engine: Engine) -> None:
    metadata = MetaData()
    Table("notes", metadata, Column("note", Embedding, primary_key=True))
    statements = (
        "CREATE EXTENSION vector",
        "CREATE TABLE notes (note vector(3) PRIMARY KEY)",
        "CREATE TABLE owned (id int NOT NULL)",
        "CREATE VIEW owned_view AS SELECT * FROM owned",
        "CREATE TYPE owned_kind AS ENUM ('a')",
        "CREATE SEQUENCE owned_numbers",
        "ALTER EXTENSION vector ADD TABLE owned",
        "ALTER EXTENSION vector ADD VIEW owned_view",
        "ALTER EXTENSION vector ADD TYPE owned_kind",
        "ALTER EXTENSION vector ADD SEQUENCE owned_numbers",
    )
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    with engine.connect() as connection:
        assert run_checks(metadata, connection) == Report()
        assert run_checks(metadata, connection, mode="deep") == Report()
        connection.execute(text("ALTER TABLE notes ALTER note TYPE vector(4)"))
        assert codes(run_checks(metadata, connection)) == {"notes.note": "SC501"}


def test_errors_are_raised_once_and_all_together(engine: Engine) -> None:
    with pytest.raises(SchemaCheckError) as caught:
        live(engine).raise_for_errors()
    assert {finding.code for finding in caught.value.report.errors} == {"SC301", "SC302"}
    assert "the database has no schema school" in str(caught.value)


def test_include_exclude_and_schemas_choose_what_is_compared(engine: Engine) -> None:
    def compared(connection: Connection, **choice: Sequence[str | None]) -> set[str]:
        return set(codes(run_checks(Base, connection, **choice)))  # type: ignore[arg-type] # keywords by name

    with engine.connect() as connection:
        assert compared(connection, include=["stud*"]) == {"students"}
        assert compared(connection, exclude=["answers"]) == {"students"}
        assert compared(connection, schemas=["school"]) == {"school", "school.answers.student_id"}
        assert compared(connection, schemas=[None]) == {"students"}
