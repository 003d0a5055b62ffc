# ruff: noqa: E501 - a table of cases reads best with a case a line
"""What the rules say will break does break, on asyncpg and on psycopg."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Engine,
    Enum,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from schema_checks import run_checks
from schema_checks.rules import catalogue

ID = uuid4()


@pytest.fixture(params=["asyncpg", "psycopg"])
async def connection(
    engine: Engine, request: pytest.FixtureRequest
) -> AsyncIterator[AsyncConnection]:
    url = engine.url.set(drivername=f"postgresql+{request.param}")
    target = create_async_engine(url, poolclass=NullPool)
    async with target.connect() as made:
        yield made
    await target.dispose()


async def outcome(connection: AsyncConnection, statement: Any) -> str:
    """Return what a statement raises, or what it gives; the transaction goes on."""
    try:
        async with connection.begin_nested():
            result = await connection.execute(statement)
            return repr(result.scalar()) if result.returns_rows else "passes"
    except (DBAPIError, TypeError, LookupError) as error:
        return str(getattr(error, "orig", None) or error)


def table(type_: Any) -> Table:
    return Table("t", MetaData(), Column("c", type_))


@dataclass(frozen=True)
class Case:
    """A model's column on a database's table, and what INSERT, SELECT and WHERE raise."""

    code: str
    ddl: str
    type_: Any
    value: object
    raised: tuple[str, str, str]


KIND = "CREATE TYPE kind AS ENUM ('a'); "
PASSES, YES = "passes", True
NO_OPERATOR, NO_CAST = "UndefinedFunctionError", "DatatypeMismatchError"
NO_COLUMN, NO_TABLE, IS_NULL = (
    "UndefinedColumnError",
    "UndefinedTableError",
    "NotNullViolationError",
)
NO_LABEL, TOO_BIG = "InvalidTextRepresentationError", "NumericValueOutOfRangeError"
NO_VIEW = "ObjectNotInPrerequisiteStateError"
# fmt: off
CASES = {
    "a uuid on a varchar": Case("SC501", "CREATE TABLE t (c varchar(36))", Uuid(), ID, (PASSES, PASSES, NO_OPERATOR)),
    "a varchar on a uuid": Case("SC501", "CREATE TABLE t (c uuid)", String(36), str(ID), (NO_CAST, PASSES, NO_OPERATOR)),
    "an integer on a varchar": Case("SC501", "CREATE TABLE t (c varchar)", Integer(), 5, (PASSES, PASSES, NO_OPERATOR)),
    "a boolean on an integer": Case("SC501", "CREATE TABLE t (c int)", Boolean(), YES, (NO_CAST, PASSES, NO_OPERATOR)),
    "a bigint on an integer": Case("SC507", "CREATE TABLE t (c int)", BigInteger(), 2**40, (TOO_BIG, PASSES, PASSES)),
    "a longer text": Case("SC502", "CREATE TABLE t (c varchar(3))", String(9), "abcd", ("StringDataRightTruncationError", PASSES, PASSES)),
    "a wider numeric": Case("SC503", "CREATE TABLE t (c numeric(4,1))", Numeric(8, 2), Decimal(12345), (TOO_BIG, PASSES, PASSES)),
    "jsonb on json": Case("SC505", "CREATE TABLE t (c json)", JSONB(), {"a": 1}, (PASSES, PASSES, NO_OPERATOR)),
    "an array on a text": Case("SC506", "CREATE TABLE t (c text)", ARRAY(Text), ["a"], (PASSES, PASSES, NO_OPERATOR)),
    "a text on an array": Case("SC506", "CREATE TABLE t (c text[])", Text(), "a", (NO_CAST, PASSES, NO_OPERATOR)),
    "an enum label that is missing": Case("SC511", KIND + "CREATE TABLE t (c kind)", Enum("a", "b", name="kind"), "b", (NO_LABEL, PASSES, NO_LABEL)),
    "a missing column": Case("SC310", "CREATE TABLE t (d int)", Integer(), 5, (NO_COLUMN, NO_COLUMN, NO_COLUMN)),
    "a missing table": Case("SC302", "CREATE TABLE other (c int)", Integer(), 5, (NO_TABLE, NO_TABLE, NO_TABLE)),
    "an extra NOT NULL column": Case("SC320", "CREATE TABLE t (c int, d int NOT NULL)", Integer(), 5, (IS_NULL, PASSES, PASSES)),
    "NOT NULL in the database": Case("SC331", "CREATE TABLE t (c int NOT NULL)", Integer(), None, (IS_NULL, PASSES, PASSES)),
    "a generated column": Case("SC350", "CREATE TABLE t (d int, c int GENERATED ALWAYS AS (1) STORED)", Integer(), 5, ("GeneratedAlwaysError", PASSES, PASSES)),
    "a view": Case("SC303", "CREATE VIEW t AS SELECT DISTINCT 1 AS c", Integer(), 5, (NO_VIEW, PASSES, PASSES)),
}
# fmt: on


async def raised(connection: AsyncConnection, statement: Any) -> str:
    """Return the asyncpg name of what a statement raises; the transaction goes on."""
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
    except DBAPIError as error:
        original = error.orig
        assert original is not None
        if connection.dialect.driver == "asyncpg":
            return type(original.__cause__).__name__
        return f"{type(original).__name__}Error"
    return PASSES


@pytest.mark.parametrize("name", CASES)
async def test_a_finding_names_what_each_statement_raises(
    connection: AsyncConnection, name: str
) -> None:
    case = CASES[name]
    for statement in case.ddl.split(";"):
        await connection.exec_driver_sql(statement)
    model = table(case.type_)
    report = await connection.run_sync(lambda sync: run_checks(model, sync))
    [finding] = [one for one in report.findings if one.code == case.code]
    statements = (
        insert(model).values(c=case.value),
        select(model.c.c),
        select(model.c.c).where(model.c.c == case.value),
    )
    assert tuple([await raised(connection, one) for one in statements]) == case.raised
    for error in set(case.raised) - {PASSES}:
        assert error in finding.consequence


def test_every_named_error_exists_in_both_drivers() -> None:
    """They have one name in both, but for the last "Error" of asyncpg's."""
    texts = " ".join(rule.why for rule in catalogue().values())
    named = {name for name in re.findall(r"\b[A-Z]\w+Error\b", texts) if hasattr(asyncpg, name)}
    named.remove("DataError")  # asyncpg's own, raised before anything is sent; SC130 says so
    assert len(named) > 15
    for name in named:
        theirs = getattr(psycopg.errors, name.removesuffix("Error"))
        assert theirs.sqlstate == getattr(asyncpg, name).sqlstate, name


async def test_one_label_of_a_renamed_enum_names_both_drivers(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("CREATE TYPE kind AS ENUM ('a')")
    await connection.exec_driver_sql("CREATE TABLE t (c kind)")
    model = table(Enum("a", name="other_kind"))
    report = await connection.run_sync(lambda sync: run_checks(model, sync))
    [finding] = [one for one in report.findings if one.code == "SC510"]
    name = await raised(connection, insert(model).values(c="a"))
    if connection.dialect.driver == "asyncpg":
        assert name == "UndefinedObjectError"
        assert f"on asyncpg INSERT and WHERE cast to the model's enum type and raise {name}" in (
            finding.consequence
        )
    else:
        assert name == PASSES
        assert "psycopg sends the bare label and passes" in finding.consequence


async def test_a_naive_time_is_read_in_the_time_zone_of_the_session(
    connection: AsyncConnection,
) -> None:
    await connection.exec_driver_sql("CREATE TABLE t (c timestamptz)")
    await connection.exec_driver_sql("SET LOCAL TimeZone = 'Asia/Tokyo'")
    model = table(DateTime())
    naive = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - the fault itself
    await connection.execute(insert(model).values(c=naive))
    read = (await connection.execute(select(model.c.c))).scalar_one()
    assert read == datetime(2026, 1, 1, 3, tzinfo=UTC)
    report = await connection.run_sync(lambda sync: run_checks(model, sync))
    [finding] = [one for one in report.findings if one.code == "SC504"]
    assert "naive values are read in the session's TimeZone" in finding.consequence


async def test_a_uuid_model_on_a_varchar_column_fails_in_where_only(
    connection: AsyncConnection,
) -> None:
    await connection.exec_driver_sql("CREATE TABLE t (c varchar(36))")
    model = table(Uuid())
    assert await outcome(connection, insert(model).values(c=ID)) == "passes"
    assert str(ID) in await outcome(connection, select(model.c.c))
    where = await outcome(connection, select(model).where(model.c.c == ID))
    assert "operator does not exist: character varying = uuid" in where


async def test_a_varchar_model_on_a_uuid_column_fails_in_insert_and_where(
    connection: AsyncConnection,
) -> None:
    await connection.exec_driver_sql("CREATE TABLE t (c uuid)")
    model = table(String(36))
    written = await outcome(connection, insert(model).values(c=str(ID)))
    assert "is of type uuid but expression is of type character varying" in written
    where = await outcome(connection, select(model).where(model.c.c == str(ID)))
    assert "operator does not exist: uuid = character varying" in where
    assert await outcome(connection, select(model.c.c)) == "None"


async def test_an_aware_time_on_a_naive_column_loses_its_zone(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("CREATE TABLE t (c timestamp)")
    await connection.exec_driver_sql("SET LOCAL TimeZone = 'Asia/Tokyo'")
    model = table(DateTime(timezone=True))
    await connection.execute(insert(model).values(c=datetime(2026, 1, 1, 12, tzinfo=UTC)))
    read = (await connection.execute(select(model.c.c))).scalar_one()
    assert read == datetime(2026, 1, 1, 21)  # noqa: DTZ001 - the hour of the session, without a zone


async def test_a_naive_column_in_the_model_refuses_or_forgets_an_aware_time(
    connection: AsyncConnection,
) -> None:
    await connection.exec_driver_sql("CREATE TABLE t (c timestamp)")
    model = table(DateTime())
    written = await outcome(
        connection, insert(model).values(c=datetime(2026, 1, 1, 12, tzinfo=UTC))
    )
    if connection.dialect.driver == "asyncpg":
        assert "can't subtract offset-naive and offset-aware datetimes" in written
    else:
        assert written == "passes"


async def test_an_enum_of_another_name_passes_in_select_and_fails_elsewhere_on_asyncpg(
    connection: AsyncConnection,
) -> None:
    await connection.exec_driver_sql("CREATE TYPE kind AS ENUM ('a', 'b')")
    await connection.exec_driver_sql("CREATE TABLE t (c kind)")
    await connection.exec_driver_sql("INSERT INTO t VALUES ('a')")
    model = table(Enum("a", "b", name="other_kind"))
    assert await outcome(connection, select(model.c.c)) == "'a'"
    for statement in (insert(model).values(c="a"), select(model).where(model.c.c == "a")):
        result = await outcome(connection, statement)
        fails = 'type "other_kind" does not exist' in result
        assert fails == (connection.dialect.driver == "asyncpg"), result


async def test_an_enum_model_on_a_varchar_column_fails_on_asyncpg(
    connection: AsyncConnection,
) -> None:
    await connection.exec_driver_sql("CREATE TYPE kind AS ENUM ('a', 'b')")
    await connection.exec_driver_sql("CREATE TABLE t (c varchar(9))")
    model = table(Enum("a", "b", name="kind"))
    result = await outcome(connection, select(model).where(model.c.c == "a"))
    fails = "operator does not exist: character varying = kind" in result
    assert fails == (connection.dialect.driver == "asyncpg"), result


async def test_a_varchar_model_on_an_enum_column_fails_on_both(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("CREATE TYPE kind AS ENUM ('a', 'b')")
    await connection.exec_driver_sql("CREATE TABLE t (c kind)")
    model = table(String(9))
    written = await outcome(connection, insert(model).values(c="a"))
    assert "is of type kind but expression is of type character varying" in written
    where = await outcome(connection, select(model).where(model.c.c == "a"))
    assert "operator does not exist: kind = character varying" in where


async def test_a_label_that_the_model_does_not_know_cannot_be_read(
    connection: AsyncConnection,
) -> None:
    await connection.exec_driver_sql("CREATE TYPE kind AS ENUM ('a', 'b')")
    await connection.exec_driver_sql("CREATE TABLE t (c kind)")
    await connection.exec_driver_sql("INSERT INTO t VALUES ('b')")
    read = await outcome(connection, select(table(Enum("a", name="kind")).c.c))
    assert "'b' is not among the defined enum values" in read


async def test_a_row_read_from_a_varchar_column_is_still_a_uuid(
    connection: AsyncConnection,
) -> None:
    await connection.exec_driver_sql("CREATE TABLE t (c varchar(36))")
    model = table(Uuid())
    await connection.execute(insert(model).values(c=ID))
    read = (await connection.execute(select(model.c.c))).scalar_one()
    assert isinstance(read, UUID | str)
