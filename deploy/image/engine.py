"""The container engine of this machine: Docker where one runs, else buildah and podman."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ENOUGH = 4096
"""Open files, and processes, of one container: the worker uses some hundred."""


class ImageError(Exception):
    """An image cannot be built or tried here; its text says what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The commands that build and run images, each up to its options.

    Attributes:
        is_docker: Docker's own engine; else buildah, which needs no engine, and podman.
    """

    build: tuple[str, ...]
    run: tuple[str, ...]
    is_docker: bool


def find_engine() -> Engine:
    """Return Docker if its engine answers, else buildah with podman.

    Raises:
        ImageError: Neither is there.
    """
    if shutil.which("docker") and _succeeds("docker", "info"):
        return Engine(("docker", "build"), ("docker",), is_docker=True)
    if not shutil.which("buildah") or not shutil.which("podman"):
        raise ImageError(
            "no Docker engine answers, and buildah and podman are not both installed "
            "(Debian: apt-get install --no-install-recommends buildah podman runc)"
        )
    # Builds run as this user in a chroot: that needs no runtime and no cgroups.
    isolation = os.environ.get("BUILDAH_ISOLATION", "chroot")
    return Engine(
        ("buildah", "build", "--isolation", isolation),
        _podman(),
        is_docker=False,
    )


def limits() -> tuple[str, ...]:
    """Return options that limit a container's files and processes.

    Engines ask for more than this machine's own limits by default, and fail inside a sandbox.
    """
    options = []
    for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        _, hard = resource.getrlimit(number)
        most = min(ENOUGH, hard) if hard != resource.RLIM_INFINITY else ENOUGH
        options += ["--ulimit", f"{name}={most}:{most}"]
    return tuple(options)


def call(command: Sequence[str], *, quiet: bool = False) -> str:
    """Run a command to its end, and return what it wrote to standard output.

    Raises:
        ImageError: It failed.
    """
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise ImageError(f"{' '.join(command[:3])} … ended with {done.returncode}\n{said}".strip())
    return done.stdout


def _podman() -> tuple[str, ...]:
    command = ["podman"]
    if not Path("/run/systemd/system").exists():
        command += ["--cgroup-manager", "cgroupfs"]
    if shutil.which("runc"):
        # crun refuses a machine whose cgroups are of both versions.
        command += ["--runtime", "runc"]
    return tuple(command)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
