"""`manifest check` of several files: each is told about, and the worst decides the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.commands.exit_codes import ExitCode
from worker.commands.manifest import check

DEPLOY = Path(__file__).parents[3] / "deploy"
CLEAN = DEPLOY / "cloud-run-job.yaml"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A Job that lacks a variable which settings require."""
    file = tmp_path / "faulty.yaml"
    text = CLEAN.read_text(encoding="utf-8")
    file.write_text(text.replace("name: PUBSUB_TOPIC", "name: OTHER"), encoding="utf-8")
    return file


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    """No manifest at all."""
    file = tmp_path / "unreadable.yaml"
    file.write_text("- a list\n", encoding="utf-8")
    return file


async def test_each_file_is_told_about_and_clean_ones_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = sorted(DEPLOY.glob("cloud-run-*.yaml"))
    assert await check(files, as_json=False) == ExitCode.DONE
    told = capsys.readouterr().out.splitlines()
    assert told == [f"{file}: 0 errors, 0 warnings" for file in files]


async def test_one_faulty_file_fails_the_check_wherever_it_stands(
    faulty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await check([faulty, CLEAN], as_json=False) == ExitCode.PREFLIGHT_FINDINGS
    out = capsys.readouterr().out
    assert "PUBSUB_TOPIC: not set" in out
    assert f"{CLEAN}: 0 errors" in out


async def test_a_file_that_cannot_be_read_outweighs_findings_and_hides_none(
    faulty: Path, unreadable: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await check([unreadable, faulty], as_json=False) == ExitCode.USAGE
    told = capsys.readouterr()
    assert told.err == f"{unreadable}: document: a mapping is expected\n"
    assert "PUBSUB_TOPIC: not set" in told.out
