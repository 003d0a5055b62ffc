"""The command line: what it refuses, and what it says about its exit codes."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

import worker.cli
from worker.cli import main
from worker.commands.exit_codes import ExitCode
from worker.settings import VARIABLES

A_UUID = "123e4567-e89b-12d3-a456-426614174000"
ASK = ("demo", "Explain gravity")


def refusal(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is said about arguments that cannot be used, on standard error alone."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == ExitCode.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.splitlines()[-1]


def run(*arguments: str) -> int:
    """Run a command as the process does, in a thread: it starts an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(main, arguments).result()


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name in VARIABLES or name.startswith("WORKER_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fly"], r"argument COMMAND: invalid choice: 'fly'"),
        (["--fly"], r"unrecognized arguments: --fly"),
        (["demo"], r"the following arguments are required: query"),
        (["demo", "ab"], r"a question has 3-500 characters, this one has 2"),
        (["demo", "   ab   "], r"a question has 3-500 characters, this one has 2"),
        (["demo", "x" * 501], r"a question has 3-500 characters, this one has 501"),
        ([*ASK, "--grade", "0"], r"argument --grade: invalid choice: 0 \(choose from 1, 2,"),
        ([*ASK, "--grade", "13"], r"argument --grade: invalid choice: 13 \(choose from 1, 2,"),
        ([*ASK, "--grade", "ten"], r"argument --grade: invalid int value: 'ten'"),
        ([*ASK, "--duration-seconds", "44"], r"a lesson lasts 45-345 s, not 44"),
        ([*ASK, "--duration-seconds", "346"], r"a lesson lasts 45-345 s, not 346"),
        (["migrate", "head", "base"], r"unrecognized arguments: base"),
        (["preflight", "--online"], r"unrecognized arguments: --online"),
        (["cancel"], r"the following arguments are required: REQUEST_ID"),
        (["cancel", "17"], r"'17' is no id; it looks like 123e4567-"),
        (["dead-letters"], r"the following arguments are required: ORDER"),
        (
            ["dead-letters", "list", "--since", "a week"],
            r"'a week' is no age; write 30m, 12h or 7d",
        ),
        (["dead-letters", "list", "--limit", "0"], r"'0' is no number from 1 to 999999"),
        (["dead-letters", "replay"], r"by ID, or by a filter, or take --all: one of these"),
        (["dead-letters", "replay", "--all", "--stage", "render"], r"--all: one of these"),
        (["dead-letters", "discard", A_UUID, "--since", "7d"], r"--all: one of these"),
        (["sweep", "--once"], r"unrecognized arguments: --once"),
        (["erase", "--yes"], r"the following arguments are required: --student"),
        (["erase", "--student", ""], r"an id has 1-100 characters, this one has 0"),
    ],
)
def test_arguments_that_cannot_be_used_exit_2_with_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert re.search(sentence, refusal(arguments, capsys))


@pytest.mark.parametrize(
    "arguments", [[*ASK, "--duration-seconds", "abc"], [*ASK, "--modality", "hologram"]]
)
def test_a_refusal_names_nothing_of_the_code(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(arguments, capsys)
    assert arguments[-1] in said
    assert "_duration" not in said
    assert "Modality" not in said


@pytest.mark.parametrize("code", ExitCode)
def test_help_says_what_every_exit_code_means(
    code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    _, _, codes = said.partition("exit codes: ")
    assert re.search(rf"(^|, ){code.value} \w+", codes)


@pytest.mark.parametrize(
    "command", ["run", "preflight", "migrate", "demo", "cancel", "dead-letters", "sweep", "erase"]
)
def test_every_command_has_a_help_of_its_own(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m worker {command}")


@pytest.mark.usefixtures("nothing_set")
def test_a_migration_without_a_database_exits_2_and_names_the_variable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("migrate") == ExitCode.USAGE
    assert "DATABASE_URL is not set" in capsys.readouterr().err


@pytest.mark.usefixtures("nothing_set")
@pytest.mark.parametrize("arguments", [["preflight"], ["--preflight-only"]])
def test_a_preflight_of_an_empty_environment_exits_3_and_names_every_missing_variable(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == ExitCode.PREFLIGHT_FINDINGS
    report = capsys.readouterr().out
    for variable in ("DATABASE_URL", "PUBSUB_SUBSCRIPTION", "GCS_TEMP_FILES_BUCKET"):
        assert f"{variable}: not set" in report


@pytest.mark.usefixtures("nothing_set")
@pytest.mark.parametrize("arguments", [[], ["run", "--forever"]])
def test_a_worker_in_an_empty_environment_exits_3_before_it_starts(arguments: list[str]) -> None:
    """As a process: it listens to signals, which only a main thread can."""
    ended = subprocess.run(
        [sys.executable, "-m", "worker", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == ExitCode.PREFLIGHT_FINDINGS
    assert "DATABASE_URL: not set" in ended.stderr


def test_a_fault_of_ours_is_told_by_its_class_and_place_and_never_by_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A driver's error may quote the row that it is about."""

    async def broken(*_: object) -> ExitCode:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
        return ExitCode.DONE

    async def fail() -> None:
        raise KeyError("what a student wrote")

    monkeypatch.setattr(worker.cli, "migrate", broken)
    assert run("migrate") == ExitCode.OWN_FAULT
    said = capsys.readouterr()
    first, *lines = said.err.splitlines()
    assert (said.out, first) == ("", "a fault of the worker:")
    assert {"  ExceptionGroup", "  KeyError"} <= set(lines)
    assert lines[-1].endswith(" fail")
    assert "student wrote" not in said.err
