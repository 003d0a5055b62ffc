"""The seven faults of DESIGN.md, planted one by one in a copy of this project.

Each is stopped by one named step of `just check`, which `.ci/run` runs before anything is built,
and named with its place. tests/seven_faults has the same faults as small projects of their own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
MODELS = "worker/adapters/database/models.py"
ATTEMPTS = "worker/adapters/database/quiz_attempts.py"
JOB = "deploy/cloud-run-job.yaml"
TIMELINE = "worker/lessons/timeline.py"
CAPTIONS = "worker/lessons/captions.py"

STEPS = {
    "lint": ("ruff", "check", "--no-cache", "worker", "schema_checks"),
    "types": ("mypy", "--cache-dir", ".mypy_cache", TIMELINE, CAPTIONS),
    "schema": ("schema_checks", "worker.adapters.database.models"),
    "manifest": ("worker", "manifest", "check", JOB),
}
"""The commands of `just check`; types are checked in the files that the fault lies between."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, where it is planted, and what its step must say.

    Attributes:
        step: The step that stops it.
        old: The text that is replaced; it stands in the file once.
        also: A file that is written beside the change: its path and text.
        says: What the step prints; `{line}` is the line of `at`.
        at: The text on the line that the finding points to.
    """

    step: str
    file: str
    old: str
    new: str
    says: tuple[str, ...]
    at: str = ""
    also: tuple[str, str] | None = None


STUDENT = "    student_id: Mapped[PlatformId] = mapped_column(ForeignKey("
SECOND_BASE = """\
\"""Answers to quizzes.\"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, declarative_base, mapped_column, relationship

if TYPE_CHECKING:
    from worker.adapters.database.models import User

Base = declarative_base()


class QuizAttempt(Base):
    \"""One answer.\"""

    __tablename__ = "quiz_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(String(100), ForeignKey("users.user_id"))
    user: Mapped[User] = relationship("User")
"""

FAULTS = {
    "variables under other names": Fault(
        "manifest",
        JOB,
        "- name: GCP_PROJECT_ID\n",
        "- name: GCP_PROJECT\n",
        ("GCP_PROJECT_ID: not set", "GCP_PROJECT is set"),
    ),
    "a missing subscription variable": Fault(
        "manifest",
        JOB,
        "                - name: PUBSUB_SUBSCRIPTION\n"
        "                  value: content-requests-worker\n",
        "",
        ("PUBSUB_SUBSCRIPTION: not set",),
    ),
    "a missing import": Fault(
        "lint",
        TIMELINE,
        "import math\n",
        "",
        ("F821", f"{TIMELINE}:{{line}}:"),
        at="math.",
    ),
    "a missing argument": Fault(
        "types",
        CAPTIONS,
        "_settle_times(drafts, timeline.seconds)",
        "_settle_times(drafts)",
        ("Missing positional argument", "[call-arg]", f"{CAPTIONS}:{{line}}:"),
        at="_settle_times(drafts)",
    ),
    "UUID against VARCHAR": Fault(
        "schema",
        MODELS,
        f'{STUDENT}"users.user_id"), index=True)\n',
        "    student_id: Mapped[uuid.UUID] = mapped_column(\n"
        '        UUID(as_uuid=True), ForeignKey("users.user_id"), index=True\n'
        "    )\n",
        ("SC203", f"{MODELS}:{{line}}", "content_requests.student_id is UUID", "VARCHAR(100)"),
        at="student_id: Mapped[uuid.UUID]",
    ),
    "a second declarative base": Fault(
        "schema",
        MODELS,
        "class ContentRequest(Base):\n",
        "from worker.adapters.database import quiz_attempts  # noqa: E402, F401\n\n\n"
        "class ContentRequest(Base):\n",
        ("SC111", f"{ATTEMPTS}:23"),
        also=(ATTEMPTS, SECOND_BASE),
    ),
    "a foreign key to a table that does not exist": Fault(
        "schema",
        MODELS,
        f'{STUDENT}"users.user_id")',
        f'{STUDENT}"learners.user_id")',
        ("SC201", f"{MODELS}:{{line}}", "learners"),
        at='"learners.user_id"',
    ),
}


class Ran(NamedTuple):
    """How a step ended."""

    exit_code: int
    said: str


async def run(copy: Path, step: str) -> Ran:
    """Run a step in the copy, with the copy's own code."""
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environ |= {"PYTHONPATH": str(copy), "NO_COLOR": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *STEPS[step],
        cwd=copy,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 170)
    assert process.returncode is not None
    return Ran(process.returncode, out.decode())


@pytest.fixture(scope="module")
def clean_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the steps read, with the bytecode that is there: nothing is compiled twice."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("worker", "schema_checks", "deploy"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy2(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def copy(clean_copy: Path) -> Iterator[Path]:
    """The copy, mended after the test."""
    yield clean_copy
    for fault in FAULTS.values():
        shutil.copy2(ROOT / fault.file, clean_copy / fault.file)
        if fault.also is not None:
            (clean_copy / fault.also[0]).unlink(missing_ok=True)


def plant(copy: Path, fault: Fault) -> int:
    """Write a fault into the copy, and return the line that it stands on; 0 if it names none."""
    file = copy / fault.file
    text = file.read_text(encoding="utf-8")
    assert text.count(fault.old) == 1, f"{fault.file} has another text now: plant it elsewhere"
    text = text.replace(fault.old, fault.new)
    file.write_text(text, encoding="utf-8")
    if fault.also is not None:
        name, content = fault.also
        (copy / name).write_text(content, encoding="utf-8")
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, 1) if fault.at and fault.at in line), 0)


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_passes_on_the_copy_as_it_is(copy: Path, step: str) -> None:
    ran = await run(copy, step)
    assert ran.exit_code == 0, ran.said


@pytest.mark.parametrize("name", FAULTS)
async def test_the_fault_is_stopped_by_its_step_and_named(copy: Path, name: str) -> None:
    """Where the linter is not the step, it passes: no fault here is a fault of style."""
    fault = FAULTS[name]
    line = plant(copy, fault)
    ran = await run(copy, fault.step)
    assert ran.exit_code != 0, f"{fault.step} let it pass: {ran.said}"
    for words in fault.says:
        assert words.format(line=line) in ran.said, ran.said
    if fault.step != "lint":
        lint = await run(copy, "lint")
        assert lint.exit_code == 0, lint.said


def test_the_steps_are_those_of_just_check_and_ci_runs_them() -> None:
    """A step that nobody runs stops nothing."""
    justfile = (ROOT / "justfile").read_text(encoding="utf-8")
    assert "just test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "\ntest: check unit\n" in justfile
    assert "\ncheck: lint types deployable\n" in justfile
    for command in ("ruff check .", "mypy", " ".join(STEPS["schema"]), "worker manifest check"):
        assert f"{{{{ python }}}} -m {command}" in justfile, command
