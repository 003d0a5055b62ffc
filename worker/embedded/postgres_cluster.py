"""The files of one PostgreSQL server: made, found again, and freed of a predecessor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

from worker.embedded import postgres_binaries
from worker.embedded.child_process import Account, ChildCommand, ChildProcess
from worker.embedded.errors import EmbeddedServerError

SERVER = "PostgreSQL"
SUPERUSER = "postgres"

_ON_LINUX = sys.platform.startswith("linux")
_INITDB_SECONDS = 120.0
_POLL_SECONDS = 0.01

# The lines of postmaster.pid, from PostgreSQL's pidfile.h.
_PID_LINE, _PORT_LINE, _STATUS_LINE = 0, 3, 7


class Cluster:
    """A data folder, its password, and the commands that run on it."""

    def __init__(self, folder: Path, binaries: Path, account: Account | None) -> None:
        self._folder = folder
        self._binaries = binaries
        self._account = account
        self._data = folder / "data"
        self._password_file = folder / "password"

    @property
    def log_file(self) -> Path:
        """What the server says."""
        return self._folder / "postgres.log"

    @property
    def password(self) -> str:
        """The password of both roles: hexadecimal digits.

        Raises:
            EmbeddedServerError: Its file is gone.
        """
        try:
            return self._password_file.read_text("ascii")
        except FileNotFoundError as error:
            raise EmbeddedServerError(
                "is missing, so nobody can log in to the kept database",
                str(self._password_file),
                f"put it back, or delete {self._folder} to begin anew",
            ) from error

    async def prepare(self, predecessor_seconds: float) -> None:
        """Make the data folder if there is none, or wait for a predecessor's last processes.

        Raises:
            EmbeddedServerError: The folder cannot be used, or another server still does.
        """
        await asyncio.to_thread(self._make_folder)
        if self._data.exists():
            await _let_predecessor_go(self._data, predecessor_seconds)
            self._remove_stale_pid_file()
        else:
            await self._initialise(predecessor_seconds)

    def server_command(self, arguments: tuple[str, ...]) -> ChildCommand:
        """Return the command that runs the server with these arguments."""
        return self._command("postgres", self._data, self.log_file, arguments)

    def is_ready(self, pid: int, port: int) -> bool:
        """Whether the server with this process id accepts connections on this port."""
        try:
            lines = (self._data / "postmaster.pid").read_text("utf-8").splitlines()
        except FileNotFoundError:
            return False
        if len(lines) <= _STATUS_LINE or lines[_STATUS_LINE].strip() != "ready":
            return False
        return (lines[_PID_LINE].strip(), lines[_PORT_LINE].strip()) == (str(pid), str(port))

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._account is None or _ON_LINUX:
            return
        closed = postgres_binaries.find_closed_folder(self._folder, self._account)
        if closed is not None:
            raise EmbeddedServerError(
                f"user {self._account.name}, whom PostgreSQL runs as because this process is "
                f"root, cannot enter {closed}",
                str(self._folder),
                "choose a state folder open to all, or run the worker as an ordinary user",
            )

    async def _initialise(self, predecessor_seconds: float) -> None:
        """Run initdb in a draft and rename it, so that what bears the final name is whole."""
        draft = self._data.with_name("data.draft")
        await _let_predecessor_go(draft, predecessor_seconds)
        await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(draft, self._account.uid, self._account.gid)
        password = secrets.token_hex(24)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password, "ascii")
        child = ChildProcess.start(self._initdb_command(draft, password))
        try:
            exit_code = await child.wait(_INITDB_SECONDS)
        finally:
            await child.stop()
        if exit_code != 0:
            raise child.ended_error()
        draft.rename(self._data)

    def _initdb_command(self, draft: Path, password: str) -> ChildCommand:
        arguments = (
            f"--username={SUPERUSER}",
            "--auth=scram-sha-256",
            "--pwfile=/dev/stdin",
            "--encoding=UTF8",
            # The same order of text on every machine, whatever its C library.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        )
        log_file = self._folder / "initdb.log"
        command = self._command("initdb", draft, log_file, arguments)
        # It catches every other signal, and carries on for a while.
        return replace(
            command, death_signal=signal.SIGKILL, standard_input=password.encode("ascii")
        )

    def _command(
        self,
        program: str,
        data: Path,
        log_file: Path,
        arguments: tuple[str, ...],
    ) -> ChildCommand:
        # On Linux the data folder is named by way of the working folder, which the launcher
        # enters before it gives up root: the folders above may stay closed to `nobody`.
        data_argument = "/proc/self/cwd" if _ON_LINUX else str(data.resolve())
        return ChildCommand(
            name=SERVER,
            program=self._binaries / program,
            arguments=("-D", data_argument, *arguments),
            folder=data,
            log_file=log_file,
            account=self._account,
            # Fast shutdown: end the sessions, write a checkpoint, go.
            stop_signal=signal.SIGINT,
            # Immediate shutdown: never waits for a session; the next start recovers.
            death_signal=signal.SIGQUIT,
        )

    def _remove_stale_pid_file(self) -> None:
        """Remove the pid file of a server that is gone for certain.

        PostgreSQL would refuse it if its number meanwhile belongs to some other process. Where
        there is no /proc, PostgreSQL judges alone.
        """
        if _ON_LINUX:
            (self._data / "postmaster.pid").unlink(missing_ok=True)


async def _let_predecessor_go(folder: Path, seconds: float) -> None:
    """Wait for the servers in a folder whose parent was killed to be gone."""
    if not _ON_LINUX:
        return
    loop = asyncio.get_running_loop()
    limit = loop.time() + seconds
    while pids := await asyncio.to_thread(_find_processes_in, folder):
        if loop.time() > limit:
            raise EmbeddedServerError(
                f"is still used by another PostgreSQL (process {min(pids)})",
                str(folder),
                "stop that server first",
            )
        await asyncio.sleep(_POLL_SECONDS)


def _find_processes_in(folder: Path) -> set[int]:
    """Return the processes whose working folder is this one (every server process's is)."""
    found = set()
    wanted = str(folder.resolve())
    for process in Path("/proc").iterdir():
        # A process may end, or be another user's, at any step.
        with contextlib.suppress(OSError):
            if process.name.isdecimal() and str((process / "cwd").readlink()) == wanted:
                found.add(int(process.name))
    return found
