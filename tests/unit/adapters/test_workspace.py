from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from worker.adapters.workspace import UNLOCKED_SECONDS, open_workspace, remove_abandoned

HOLD = """
import sys, time
from pathlib import Path
from worker.adapters.workspace import open_workspace
with open_workspace(Path(sys.argv[1])) as folder:
    (folder / "half-a-segment").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_workspace_is_gone_at_its_end(tmp_path: Path) -> None:
    with open_workspace(tmp_path) as folder:
        (folder / "file").write_text("unfinished")
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_living_process_keeps_its_workspace_and_a_killed_one_loses_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert remove_abandoned(tmp_path) == 0
        assert folder.exists()
        process.kill()
        process.wait()
    with open_workspace(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]


@pytest.mark.parametrize(
    ("age_seconds", "is_removed"), [(0.0, False), (UNLOCKED_SECONDS + 1, True)]
)
def test_a_folder_without_a_lock_is_left_alone_while_it_is_young(
    tmp_path: Path, age_seconds: float, *, is_removed: bool
) -> None:
    folder = tmp_path / "content-worker-new"
    folder.mkdir()
    modified = folder.stat().st_mtime - age_seconds
    os.utime(folder, (modified, modified))
    assert remove_abandoned(tmp_path) == int(is_removed)
    assert folder.exists() is not is_removed


def test_folders_of_others_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "somebody-else").mkdir()
    with open_workspace(tmp_path):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["somebody-else"]
