"""Becomes a server that dies with the process which asked for it.

Run as a file by `worker.embedded.child_process`, with nothing but the standard library, so that
the parent never runs Python between fork and exec (which may deadlock in a process with threads).
It changes folder, gives up its user, asks the kernel to be signalled when the parent dies, and
becomes the server. The order counts: a change of user clears the kernel's promise.
"""

from __future__ import annotations

import ctypes
import os
import sys

# From <linux/prctl.h>.
_PR_SET_PDEATHSIG = 1
_EXIT_CANNOT_LAUNCH = 127


def _drop_to(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _die_with_parent(parent_pid: int, signal_number: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent_pid:
        # The parent died before the kernel promised anything.
        sys.exit(_EXIT_CANNOT_LAUNCH)


def main(arguments: list[str]) -> None:
    """Become `PROGRAM ARGUMENT...`.

    Args:
        arguments: PARENT_PID SIGNAL UID GID FOLDER PROGRAM ARGUMENT..., where UID and GID are -1
            to stay who we are.
    """
    parent_pid, signal_number, uid, gid = (int(text) for text in arguments[:4])
    folder, program = arguments[4:6]
    try:
        # Before the drop: the other user may not be able to walk to it.
        os.chdir(folder)
        if uid >= 0:
            _drop_to(uid, gid)
        _die_with_parent(parent_pid, signal_number)
        os.execv(program, arguments[5:])  # noqa: S606  # a list of arguments, never a shell
    except OSError as error:
        sys.stderr.write(f"cannot launch {program}: {error}\n")
        sys.exit(_EXIT_CANNOT_LAUNCH)


if __name__ == "__main__":
    main(sys.argv[1:])
