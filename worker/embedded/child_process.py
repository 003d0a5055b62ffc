"""A server binary as a child process that is gone when its parent is.

On Linux the kernel sends the child a signal when the parent dies, however it dies. Other
systems have no such promise: there a child outlives a parent that was killed outright (an orderly
end stops it everywhere).
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from worker.embedded import launch_child
from worker.embedded.errors import EmbeddedServerError

_POLL_SECONDS = 0.01
_LOG_TAIL_LINES = 12


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine that a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class ChildCommand:
    """What to start.

    Attributes:
        name: What people call the server, for messages.
        folder: The working folder; entered before the change of user.
        log_file: Receives standard output and error, from empty at each start.
        account: The user to become, or None to stay the same.
        stop_signal: What `stop` asks the server to end with.
        death_signal: What the kernel sends it when the parent dies; after it nobody is left to
            send another, so it must be one that the server cannot linger after.
        standard_input: What the child can read; kept in a file without a name.
    """

    name: str
    program: Path
    arguments: tuple[str, ...]
    folder: Path
    log_file: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    standard_input: bytes = field(default=b"", repr=False)


class ChildProcess:
    """A running child. `start` makes one; `stop` must be awaited before it is let go."""

    def __init__(self, command: ChildCommand, process: subprocess.Popen[bytes]) -> None:
        self._command = command
        self._process = process

    @classmethod
    def start(cls, command: ChildCommand) -> Self:
        """Start the child, in its own session: Ctrl-C in a terminal reaches the parent alone.

        Raises:
            EmbeddedServerError: Not called from the main thread (the kernel's promise is bound
                to the thread that starts the child), or the child could not be started.
        """
        _require_main_thread(command)
        try:
            with command.log_file.open("wb") as log, tempfile.TemporaryFile() as source:
                if command.account is not None:
                    # The child may open it again by way of /dev/stdin.
                    os.fchown(source.fileno(), command.account.uid, command.account.gid)
                source.write(command.standard_input)
                source.seek(0)
                process = subprocess.Popen(  # noqa: S603  # no shell, and arguments of our own
                    _launch_arguments(command),
                    stdin=source,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
                    start_new_session=True,
                )
        except OSError as error:
            raise EmbeddedServerError(
                f"could not be started: {error}", command.name, "free what the error names"
            ) from error
        return cls(command, process)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""
        return self._process.poll()

    async def wait(self, seconds: float) -> int | None:
        """Wait for the end, at most so long; return the exit code, or None if it still runs."""
        loop = asyncio.get_running_loop()
        limit = loop.time() + seconds
        while self.exit_code is None and loop.time() < limit:  # noqa: ASYNC110  # no event tells
            await asyncio.sleep(_POLL_SECONDS)
        return self.exit_code

    async def stop(self, limit_seconds: float = 10.0) -> None:
        """Ask the child to end, and kill it at the limit; one that has ended is fine."""
        try:
            if self.exit_code is None:
                self._process.send_signal(self._command.stop_signal)
                await self.wait(limit_seconds)
        finally:
            # Also when the wait was cancelled: a child never outlives its stop.
            if self.exit_code is None:
                self._process.kill()
                self._process.wait()

    def ended_error(self) -> EmbeddedServerError:
        """Build the error that says that the child ended by itself, with the end of its log."""
        lines = self._command.log_file.read_text("utf-8", errors="replace").splitlines()
        tail = " | ".join(line.strip() for line in lines[-_LOG_TAIL_LINES:] if line.strip())
        return EmbeddedServerError(
            f"ended with exit code {self.exit_code}, its last words: {tail or '(none)'}",
            self._command.name,
            f"read {self._command.log_file}",
        )


def _require_main_thread(command: ChildCommand) -> None:
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedServerError(
            "started outside the main thread: it would die with its thread",
            command.name,
            "start embedded servers from an event loop in the main thread",
        )


def _launch_arguments(command: ChildCommand) -> list[str]:
    uid, gid = (command.account.uid, command.account.gid) if command.account else (-1, -1)
    return [
        sys.executable,
        # Isolated and without site: it starts in a few milliseconds and reads nothing of ours.
        "-I",
        "-S",
        launch_child.__file__,
        str(os.getpid()),
        str(int(command.death_signal)),
        str(uid),
        str(gid),
        str(command.folder),
        str(command.program),
        *command.arguments,
    ]
