"""The faults that once cost days, each a small project: one run finds it, with code and line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

ROOT = Path(__file__).parents[3]
PROJECTS = ROOT / "tests" / "seven_faults"
EXIT_OF_PREFLIGHT = 3
MYPY_LINE = re.compile(
    r"^(?P<file>[^:]+):(?P<line>\d+): error: (?P<words>.*)  \[(?P<code>[a-z-]+)\]$"
)


@dataclass(frozen=True, order=True)
class Seen:
    """One finding of a tool."""

    code: str
    file: str
    line: int
    words: str


def expected(name: str) -> dict[str, object]:
    document = tomllib.loads((PROJECTS / name / "expected.toml").read_text())
    assert document["findings"]
    return document


def named(tool: str) -> list[str]:
    names = (path.parent.name for path in PROJECTS.glob("*/expected.toml"))
    return sorted(name for name in names if expected(name)["tool"] == tool)


def run(
    folder: Path, *command: str, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=base | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | (environ or {}),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def assert_found(name: str, seen: list[Seen]) -> None:
    """Hold a run to its project's expectation: these findings, and no other."""
    wanted = [Seen(**one) for one in expected(name)["findings"]]  # type: ignore[attr-defined] # TOML tables
    places = [(one.code, one.file, one.line) for one in seen]
    assert sorted(places) == sorted((one.code, one.file, one.line) for one in wanted)
    for one in wanted:
        assert any(one.words in other.words for other in seen), one.words


def test_there_are_seven_of_them() -> None:
    tools = ("worker", "ruff", "mypy", "schema_checks")
    assert [len(named(tool)) for tool in tools] == [2, 1, 1, 3]


@pytest.mark.parametrize("name", named("schema_checks"))
def test_the_schema_check_finds_it_in_one_run(engine: Engine, name: str) -> None:
    folder = PROJECTS / name
    with engine.begin() as connection:
        for statement in (folder / "database.sql").read_text().split(";"):
            connection.exec_driver_sql(statement)
    url = engine.url.render_as_string(hide_password=False)
    target = str(expected(name)["target"])
    result = run(folder, "schema_checks", target, "--database-url", url, "--format", "json")
    assert result.returncode == 1, result.stderr
    assert_found(
        name,
        [
            Seen(one["code"], one["path"], one["line"], one["message"])
            for one in json.loads(result.stdout)["findings"]
        ],
    )


@pytest.mark.parametrize("name", named("worker"))
def test_the_preflight_of_the_worker_finds_it_in_one_run(name: str) -> None:
    lines = (PROJECTS / name / "deployment.env").read_text().splitlines()
    result = run(
        PROJECTS / name, "worker", "preflight", environ=dict(line.split("=", 1) for line in lines)
    )
    assert result.returncode == EXIT_OF_PREFLIGHT, result.stderr
    wanted = expected(name)["findings"]
    assert isinstance(wanted, list)
    found = re.findall(r"^error (WK\d+) (\w+):", result.stdout, re.MULTILINE)
    assert found == [(one["code"], one["variable"]) for one in wanted]
    assert all(one["words"] in result.stdout for one in wanted)


@pytest.mark.parametrize("name", named("ruff"))
def test_the_lint_step_finds_it_in_one_run(name: str) -> None:
    """With this project's own rules; a file that is named is checked although it is excluded."""
    folder = PROJECTS / name
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))
    result = run(folder, "ruff", "check", "--no-cache", "--output-format", "json", *files)
    assert_found(
        name,
        [
            Seen(
                one["code"],
                str(Path(one["filename"]).relative_to(folder)),
                one["location"]["row"],
                one["message"],
            )
            for one in json.loads(result.stdout)
        ],
    )


@pytest.mark.parametrize("name", named("mypy"))
def test_the_type_step_finds_it_in_one_run(name: str, tmp_path: Path) -> None:
    """With this project's own settings, in a cache of its own."""
    folder = PROJECTS / name
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))
    settings = ("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path))
    result = run(folder, "mypy", *settings, "--show-error-codes", *files)
    matches = [match for line in result.stdout.splitlines() if (match := MYPY_LINE.match(line))]
    assert_found(
        name,
        [
            Seen(match["code"], match["file"], int(match["line"]), match["words"])
            for match in matches
        ],
    )
