"""What the rules say will break does break, on asyncpg and on psycopg."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, DateTime, Engine, Enum, MetaData, String, Table, Uuid, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

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
