"""What this process may use of the machine, and what the worker's limits are by that.

Containers are limited by cgroups, of which `os.cpu_count` and the memory of the machine know
nothing. Both versions are read, from the process's own group up to the root: the tightest limit
anywhere on the way holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MEGABYTE = 1_000_000

PARENT_MEGABYTES = 500
"""The worker itself, with the offline voice: measured, see docs/decisions.md."""

RENDER_MEGABYTES = 300
"""One render child at its peak, in 1080p: likewise."""

UNLIMITED = 1 << 60
"""Version 1 says "no limit" with a number of pages just below 2^63 bytes."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What may be used.

    Attributes:
        cpus: Cores, in parts where the limit is a share of time.
        memory_bytes: None where nothing says.
    """

    cpus: float
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much may go on at once on a machine."""

    slots: int
    renders: int
    voice_calls: int
    uploads: int
    writer_calls: int


def capacity_of(machine: Machine) -> Capacity:
    """Size the worker for a machine.

    A render uses a whole core, so there are as many as cores and as fit into the memory beside
    the worker. Two messages for each render keep the children busy while other messages are
    being written, spoken and uploaded, which waits more than it computes.
    """
    cores = max(1, int(machine.cpus))
    renders = cores
    if machine.memory_bytes is not None:
        room = machine.memory_bytes // MEGABYTE - PARENT_MEGABYTES
        renders = max(1, min(cores, room // RENDER_MEGABYTES))
    slots = min(16, 2 * renders)
    return Capacity(
        slots=slots,
        renders=renders,
        voice_calls=max(4, slots),
        uploads=max(4, slots),
        writer_calls=max(4, slots),
    )


def read_machine(root: Path = Path("/")) -> Machine:
    """Read what this process may use.

    Args:
        root: Where `proc` and `sys` are.
    """
    cpus = [float(_usable_cores()), *_cpu_limits(root)]
    memory = [*_machine_memory(root), *_memory_limits(root)]
    return Machine(min(cpus), min(memory, default=None))


def _usable_cores() -> int:
    """Count the cores that the process may run on, where the system can tell."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _cpu_limits(root: Path) -> Iterator[float]:
    for folder in _groups(root, ""):
        quota, period = (*_words(folder / "cpu.max"), "", "")[:2]
        if quota.isdigit() and period.isdigit():
            yield int(quota) / int(period)
    for folder in _groups(root, "cpu"):
        quota = "".join(_words(folder / "cpu.cfs_quota_us"))
        period = "".join(_words(folder / "cpu.cfs_period_us"))
        if quota.isdigit() and period.isdigit():
            yield int(quota) / int(period)


def _memory_limits(root: Path) -> Iterator[int]:
    for folder in _groups(root, ""):
        limit = "".join(_words(folder / "memory.max"))
        if limit.isdigit():
            yield int(limit)
    for folder in _groups(root, "memory"):
        limit = "".join(_words(folder / "memory.limit_in_bytes"))
        if limit.isdigit() and int(limit) < UNLIMITED:
            yield int(limit)


def _machine_memory(root: Path) -> Iterator[int]:
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemTotal:"):
            yield int(line.split()[1]) * 1024


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the process's group and of its parents.

    Args:
        root: Where `proc` and `sys` are.
        controller: Of version 1; empty for version 2.
    """
    mounts = root / "sys/fs/cgroup"
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", maxsplit=2)
        if controller not in controllers.split(","):
            continue
        # A container sees its own group as the root of its mount, whatever the path says.
        group = PurePosixPath(path.lstrip("/"))
        for part in (group, *group.parents):
            yield mounts / controllers / part
        return


def _words(file: Path) -> list[str]:
    return " ".join(_lines(file)).split()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
