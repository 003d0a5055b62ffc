"""The one engine, and how its errors read in the domain's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakSet

from asyncpg import PostgresConnectionError
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from worker.lessons.errors import DependencyUnavailableError, RefusedError

CONNECT_TIMEOUT_SECONDS = 10
COMMAND_TIMEOUT_SECONDS = 30.0
IDLE_TRANSACTION_SECONDS = 10.0
"""How long a transaction may hold its locks between two statements.

No transaction of ours waits for anything but PostgreSQL. A process that is held still inside one
(a stopped container, a machine that was moved) would otherwise keep its request's row locked, and
with it every worker that could take the request over, until it wakes.
"""


def open_engine(
    database_url: str,
    *,
    pool_size: int,
    application_name: str,
    command_seconds: float = COMMAND_TIMEOUT_SECONDS,
    idle_transaction_seconds: float = IDLE_TRANSACTION_SECONDS,
) -> AsyncEngine:
    """Return an engine on asyncpg; it connects at first use.

    Args:
        database_url: Any PostgreSQL URL; its driver is replaced by asyncpg.
        pool_size: Connections held at most.
        application_name: How the worker shows in `pg_stat_activity`.
        command_seconds: Time for one statement, and for a free connection of the pool.
        idle_transaction_seconds: Time between two statements of a transaction, after which
            PostgreSQL rolls it back and ends the connection.
    """
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=command_seconds,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "command_timeout": command_seconds,
            "server_settings": {
                "application_name": application_name,
                "idle_in_transaction_session_timeout": f"{idle_transaction_seconds * 1000:.0f}",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: DBAPIConnection, *_: object) -> None:
    """Have a connection that the server has closed replaced before its next use.

    asyncpg hears of the end of a connection by itself, so that this costs no round trip, as a
    ping before every transaction would.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def renewal_of(engine: AsyncEngine) -> Callable[[], None]:
    """Return what has every connection that is open then replaced at its next use.

    A connection in use stays with its user. Replaced ones are ended without waiting for an
    answer: after the process was moved, nobody may answer on them.
    """
    entries: WeakSet[ConnectionPoolEntry] = WeakSet()

    @event.listens_for(engine.sync_engine, "connect")
    def opened(_: object, entry: ConnectionPoolEntry) -> None:
        entries.add(entry)

    def renew() -> None:
        for entry in tuple(entries):
            entry.invalidate(soft=True)

    return renew


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise DependencyUnavailableError where PostgreSQL could not serve.

    Raises RefusedError where the role, its password or the database's name is wrong.
    A statement that PostgreSQL refuses for what it says is a fault of ours and passes through.
    """
    try:
        yield
    except DBAPIError as error:
        if _sqlstate(error)[:2] in _REFUSALS:
            raise _refused(error) from error
        if not _is_outage(error):
            raise
        raise _unavailable(error) from error
    except (OSError, TimeoutError, PoolTimeoutError, PostgresConnectionError) as error:
        raise _unavailable(error) from error


_REFUSALS = {"28": "the role or its password", "3D": "the database's name"}
"""SQLSTATE classes of a connection that PostgreSQL refuses, and what it refuses."""


_IDLE_TRANSACTION_ENDED = "25P03"
"""SQLSTATE of a transaction that PostgreSQL ended because its client was silent for too long."""


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _refused(error: DBAPIError) -> RefusedError:
    what = _REFUSALS[_sqlstate(error)[:2]]
    return RefusedError(
        f"PostgreSQL refused the connection: {what} ({type(error.orig).__name__})",
        "correct DATABASE_URL",
    )


def _is_outage(error: DBAPIError) -> bool:
    state = _sqlstate(error)
    # 08 connection, 53 out of resources, 57 operator intervention, 40 serialisation and deadlock
    retryable = state[:2] in {"08", "53", "57", "40"}
    stateless = not state and isinstance(error, (OperationalError, InterfaceError))
    held_still = state == _IDLE_TRANSACTION_ENDED
    return error.connection_invalidated or retryable or stateless or held_still


def _unavailable(error: Exception) -> DependencyUnavailableError:
    return DependencyUnavailableError(
        f"PostgreSQL did not answer ({type(getattr(error, 'orig', None) or error).__name__})",
        "see that the server of DATABASE_URL runs and accepts connections",
    )
