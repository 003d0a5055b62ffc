"""A folder for one process's unfinished files; what killed processes left is removed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

PREFIX = "content-worker-"
LOCK = ".lock"
UNLOCKED_SECONDS = 3600.0
"""A folder without a lock this old was left by a process that died before it took one."""


@contextmanager
def open_workspace(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder, hold it locked, and remove it at the end.

    A killed process cannot remove its folder, but the kernel lets go of its lock: the next
    process that opens a workspace removes it.

    Args:
        parent: Where workspaces are; the system's folder for temporary files if None.

    Raises:
        OSError: No folder can be made there.
    """
    parent = parent or Path(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent) as name:
        folder = Path(name)
        descriptor = _lock(folder)
        try:
            remove_abandoned(parent)
            yield folder
        finally:
            os.close(descriptor)


def remove_abandoned(parent: Path) -> int:
    """Remove the workspaces whose process is gone, and return how many there were."""
    found = [folder for folder in parent.glob(f"{PREFIX}*") if _is_abandoned(folder)]
    for folder in found:
        shutil.rmtree(folder, ignore_errors=True)
    if found:
        structlog.get_logger().info("abandoned_workspaces_removed", count=len(found))
    return len(found)


def _lock(folder: Path) -> int:
    """Lock the folder; under its name the lock file never exists unlocked while we live."""
    draft = folder / f"{LOCK}.draft"
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    draft.rename(folder / LOCK)
    return descriptor


def _is_abandoned(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return _is_old(folder)
    except OSError:
        return False  # another user's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _is_old(folder: Path) -> bool:
    try:
        return time.time() - folder.stat().st_mtime > UNLOCKED_SECONDS
    except OSError:
        return False
