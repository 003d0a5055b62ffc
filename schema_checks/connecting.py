"""Opens one connection for the command line, synchronous or not, and closes everything again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection, create_engine, exc, make_url
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from schema_checks.errors import CannotCheckError
from schema_checks.findings import Report

Run = Callable[[Connection], Report]


def with_connection(url: str, timeout_seconds: float, run: Run) -> Report:
    """Connect, run, close.

    Raises:
        CannotCheckError: The URL is none, its driver is not installed, or nothing answered
            within the timeout. The reason holds no password.
    """
    parsed = _parse(url)
    try:
        if parsed.get_dialect().is_async:
            return asyncio.run(_with_async(parsed, timeout_seconds, run))
        return _with_sync(parsed, timeout_seconds, run)
    except (OSError, TimeoutError, exc.SQLAlchemyError) as error:
        shown = parsed.render_as_string(hide_password=True)
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise CannotCheckError("the database", f"{shown} does not answer: {reason}") from error
    except ModuleNotFoundError as error:
        reason = f"the driver of {parsed.drivername} is not installed: {error}"
        raise CannotCheckError("the database", reason) from error


def _parse(url: str) -> URL:
    try:
        return make_url(url.replace("postgres://", "postgresql://", 1))
    except exc.ArgumentError as error:
        raise CannotCheckError("the database", "the database URL cannot be read") from error


def _arguments(url: URL, timeout_seconds: float) -> dict[str, float]:
    driver = url.get_driver_name()
    if driver == "asyncpg":
        return {"timeout": timeout_seconds}
    if driver.startswith("psycopg"):
        return {"connect_timeout": max(2, round(timeout_seconds))}  # libpq's least is two seconds
    return {}


def _with_sync(url: URL, timeout_seconds: float, run: Run) -> Report:
    arguments = _arguments(url, timeout_seconds)
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    try:
        with engine.connect() as connection:
            return run(connection)
    finally:
        engine.dispose()


async def _with_async(url: URL, timeout_seconds: float, run: Run) -> Report:
    # Not at the top: it needs greenlet, which a program without asyncio need not have.
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    arguments = _arguments(url, timeout_seconds)
    engine = create_async_engine(url, poolclass=NullPool, connect_args=arguments)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(run)
    finally:
        await engine.dispose()
