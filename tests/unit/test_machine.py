"""The limits of made-up machines: both cgroup versions, containers and bare metal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.machine import Capacity, Machine, capacity_of, read_machine

GIB = 1 << 30
CORES = 64


@pytest.fixture(autouse=True)
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(CORES)), raising=False)


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"proc/meminfo": f"MemTotal: {256 * GIB // 1024} kB\n", **files}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_version_2_in_a_container_is_read_at_the_root_of_its_mount(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/memory.max": f"{2 * GIB}\n",
        },
    )
    assert read_machine(root) == Machine(1.5, 2 * GIB)


def test_the_tightest_limit_between_the_group_and_the_root_holds(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/pods/one/worker\n",
            "sys/fs/cgroup/pods/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/pods/one/cpu.max": "200000 100000\n",
            "sys/fs/cgroup/pods/one/memory.max": f"{GIB}\n",
            "sys/fs/cgroup/pods/one/worker/cpu.max": "max 100000\n",
            "sys/fs/cgroup/pods/one/worker/memory.max": "max\n",
        },
    )
    assert read_machine(root) == Machine(2.0, GIB)


def test_version_1_is_read_per_controller(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/box/a\n2:cpu,cpuacct:/box\n0::/\n",
            "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "300000\n",
            "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/box/a/memory.limit_in_bytes": f"{4 * GIB}\n",
            "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    assert read_machine(root) == Machine(3.0, 4 * GIB)


def test_version_1_in_a_container_whose_path_is_the_host_s_is_found_at_its_mount(
    tmp_path: Path,
) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "3:memory:/docker/0123abc\n2:cpu:/docker/0123abc\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}\n",
        },
    )
    assert read_machine(root) == Machine(0.5, GIB)


def test_no_limit_leaves_the_machine_and_the_affinity(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "3:memory:/\n2:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    assert read_machine(root) == Machine(float(CORES), 256 * GIB)


def test_a_machine_that_says_nothing_has_its_cores_alone(tmp_path: Path) -> None:
    assert read_machine(tmp_path) == Machine(float(CORES), None)


def test_this_machine_can_be_read() -> None:
    machine = read_machine()
    assert 0 < machine.cpus <= CORES
    assert machine.memory_bytes is None or machine.memory_bytes > 100_000_000


@pytest.mark.parametrize(
    ("machine", "capacity"),
    [
        (Machine(0.5, GIB), Capacity(2, 1, 4, 4, 4)),
        (Machine(2.0, 2 * GIB), Capacity(4, 2, 4, 4, 4)),
        (Machine(8.0, 2 * GIB), Capacity(10, 5, 10, 10, 10)),
        (Machine(8.0, None), Capacity(16, 8, 16, 16, 16)),
        (Machine(64.0, 256 * GIB), Capacity(16, 64, 16, 16, 16)),
    ],
)
def test_the_capacity_of_machines(machine: Machine, capacity: Capacity) -> None:
    assert capacity_of(machine) == capacity


@given(st.floats(0.01, 512), st.one_of(st.none(), st.integers(1, 1 << 45)))
def test_every_machine_can_do_a_little_of_everything(cpus: float, memory: int | None) -> None:
    capacity = capacity_of(Machine(cpus, memory))
    assert capacity.renders <= max(1, cpus)
    assert min(capacity.slots, capacity.renders, capacity.voice_calls) >= 1
