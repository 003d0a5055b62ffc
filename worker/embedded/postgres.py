"""A PostgreSQL server of our own, from the wheel's binaries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from asyncpg import Connection

from worker.embedded import postgres_binaries
from worker.embedded.child_process import ChildProcess
from worker.embedded.errors import EmbeddedServerError
from worker.embedded.loopback import LOOPBACK, PORT_TRIES, find_free_port
from worker.embedded.postgres_cluster import SERVER, SUPERUSER, Cluster

DATABASE = "content"
# The application's role owns its database and is no superuser, as in production.
ROLE = "worker"

# Recovery after a kill replays at most the write-ahead log since the last checkpoint.
_READY_SECONDS = 60.0
_POLL_SECONDS = 0.01
_CONNECT_SECONDS = 30.0
# An immediate shutdown kills what is left after 5 s (SIGKILL_CHILDREN_AFTER_SECS in PostgreSQL).
_PREDECESSOR_SECONDS = 15.0


class EmbeddedPostgres:
    """One PostgreSQL server on loopback, with one database for the worker.

    A kept folder may be started again, also after its server was killed. Passwords (scram) keep
    other users of the machine out.
    """

    def __init__(
        self,
        *,
        fsync: bool = True,
        find_port: Callable[[], int] = find_free_port,
        predecessor_seconds: float = _PREDECESSOR_SECONDS,
    ) -> None:
        """Prepare a server.

        Args:
            fsync: False trades what a power cut loses for speed: for state that is thrown away.
            find_port: Proposes a port; asked again when somebody was faster.
            predecessor_seconds: How long a server whose parent was killed may take to go.
        """
        self._fsync = fsync
        self._predecessor_seconds = predecessor_seconds
        self._find_port = find_port
        self._child: ChildProcess | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """`postgresql://ROLE:PASSWORD@127.0.0.1:PORT/DATABASE`; a secret."""
        return self._url

    @property
    def child(self) -> ChildProcess | None:
        """The running server, or None."""
        return self._child

    async def start(self, state_dir: Path) -> str:
        """Start the server on `state_dir`, initialising it when it is empty; return its URL.

        Raises:
            EmbeddedServerError: The wheel is missing, or the server does not come up.
        """
        account = postgres_binaries.choose_account()
        binaries = await asyncio.to_thread(postgres_binaries.find_binaries, account)
        cluster = Cluster(state_dir, binaries, account)
        await cluster.prepare(self._predecessor_seconds)
        try:
            port = await self._start_server(cluster)
            await _ensure_database(port, cluster.password)
        except BaseException:
            await self.stop()
            raise
        self._url = f"postgresql://{ROLE}:{cluster.password}@{LOOPBACK}:{port}/{DATABASE}"
        return self._url

    async def stop(self) -> None:
        """Stop the server: open sessions are ended, what was committed is on disk."""
        child, self._child = self._child, None
        if child is not None:
            await child.stop()

    async def _start_server(self, cluster: Cluster) -> int:
        for _ in range(PORT_TRIES):
            port = self._find_port()
            arguments = tuple(_server_arguments(port, fsync=self._fsync))
            self._child = ChildProcess.start(cluster.server_command(arguments))
            if await _wait_until_ready(self._child, cluster, port):
                return port
            failure = self._child.ended_error()
            if "could not bind" not in failure.what:
                raise failure
        raise EmbeddedServerError(
            f"found its port taken {PORT_TRIES} times in a row",
            SERVER,
            "see what else opens ports on this machine, and start again",
        )


def _server_arguments(port: int, *, fsync: bool) -> Iterator[str]:
    settings = {
        "port": str(port),
        "listen_addresses": LOOPBACK,
        # No socket file: its path has a length limit, and nobody needs it.
        "unix_socket_directories": "",
        # A small machine with a few connections.
        "shared_buffers": "64MB",
        "log_checkpoints": "off",
    }
    if not fsync:
        # Not synchronous_commit: a killed server must still remember what it committed.
        settings |= {"fsync": "off", "full_page_writes": "off"}
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


async def _wait_until_ready(child: ChildProcess, cluster: Cluster, port: int) -> bool:
    """Return True when our child serves on the port, False when it has ended.

    Asked of the server's own pid file, so that another server on that port is never taken for it.
    """
    loop = asyncio.get_running_loop()
    limit = loop.time() + _READY_SECONDS
    while child.exit_code is None:
        if cluster.is_ready(child.pid, port):
            return True
        if loop.time() > limit:
            raise EmbeddedServerError(
                f"was not ready after {_READY_SECONDS:.0f} s", SERVER, f"read {cluster.log_file}"
            )
        await asyncio.sleep(_POLL_SECONDS)
    return False


async def _ensure_database(port: int, password: str) -> None:
    """Create the application's role and database, and its extension, where they are absent."""
    async with _superuser(port, password, "postgres") as connection:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE):
            # The password is hexadecimal digits of our own making: nothing to quote.
            await connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
    async with _superuser(port, password, DATABASE) as connection:
        # pgvector lets nobody but a superuser create it.
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


@asynccontextmanager
async def _superuser(port: int, password: str, database: str) -> AsyncIterator[Connection]:
    connection: Connection = await asyncpg.connect(
        host=LOOPBACK,
        port=port,
        user=SUPERUSER,
        password=password,
        database=database,
        ssl=False,
        timeout=_CONNECT_SECONDS,
    )
    try:
        yield connection
    finally:
        await connection.close()
