"""One stack on one state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from worker.embedded.errors import EmbeddedServerError

_FILE = "stack.lock"


class StateLock:
    """Holds a state folder for this process; the kernel lets go of it when the process dies."""

    def __init__(self) -> None:
        self._descriptor: int | None = None

    def acquire(self, state_dir: Path) -> None:
        """Take the folder.

        Raises:
            EmbeddedServerError: Another stack has it; the error names its process.
        """
        file = state_dir / _FILE
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise EmbeddedServerError(
                f"is used by another stack (process {_read_pid(file)})",
                str(state_dir),
                "stop that process, or choose another state folder",
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode("ascii"))
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of the folder; one that is not held is fine."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # The file stays: to delete it would let two processes lock two files of one name.
            os.close(descriptor)


def is_locked(state_dir: Path) -> bool:
    """Whether a stack holds the folder now."""
    try:
        descriptor = os.open(state_dir / _FILE, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _read_pid(file: Path) -> str:
    with contextlib.suppress(OSError):
        return file.read_text("ascii", errors="replace").strip() or "unknown"
    return "unknown"
