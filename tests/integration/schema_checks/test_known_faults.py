"""The faults that once cost days, each a small project: one run finds it, with code and line.

The two that no schema can show (a missing import, a missing argument) are found by the lint and
type step that runs beside it. The two of the environment belong to the worker's settings.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

ROOT = Path(__file__).parents[3]
BASE = """
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, mapped_column, relationship
from uuid import UUID

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)  # users.user_id
"""


@dataclass(frozen=True)
class Fault:
    """A project's models, its database, and what one run must say of the line marked FAULT."""

    code: str
    models: str
    database: str


FAULTS = {
    "UUID columns against VARCHAR columns": Fault(
        "SC501",
        """
class Order(Base):
    __tablename__ = "orders"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.user_id"), index=True)  # FAULT
""",
        "CREATE TABLE users (user_id uuid PRIMARY KEY); CREATE TABLE orders"
        " (order_id serial PRIMARY KEY, user_id varchar(36) NOT NULL)",
    ),
    "a model file with a declarative base of its own": Fault(
        "SC111",
        """
OtherBase = declarative_base()

class Order(OtherBase):
    __tablename__ = "orders"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(index=True)
    user: Mapped["User"] = relationship()  # FAULT
""",
        "CREATE TABLE users (user_id uuid PRIMARY KEY); CREATE TABLE orders"
        " (order_id serial PRIMARY KEY, user_id uuid NOT NULL)",
    ),
    "a foreign key to a table that does not exist": Fault(
        "SC201",
        """
class Order(Base):
    __tablename__ = "orders"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("members.user_id"), index=True)  # FAULT
""",
        "CREATE TABLE users (user_id uuid PRIMARY KEY); CREATE TABLE orders"
        " (order_id serial PRIMARY KEY, user_id uuid NOT NULL)",
    ),
    "a missing import": Fault(
        "SC101",
        """
class Order(Base):
    __tablename__ = "orders"
    order_id: Mapped[int] = mapped_column(Integer, primary_key=True)  # FAULT
""",
        "CREATE TABLE users (user_id uuid PRIMARY KEY)",
    ),
}


def write(folder: Path, body: str) -> Path:
    package = folder / "app"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(BASE + body)
    return package / "models.py"


def fault_line(path: Path) -> int:
    lines = path.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith("# FAULT"))


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", FAULTS)
def test_one_run_finds_the_fault_at_its_line(tmp_path: Path, engine: Engine, name: str) -> None:
    fault = FAULTS[name]
    path = write(tmp_path, fault.models)
    with engine.begin() as connection:
        for statement in fault.database.split(";"):
            connection.exec_driver_sql(statement)
    url = engine.url.render_as_string(hide_password=False)
    result = run(tmp_path, "schema_checks", "app.models", "--database-url", url, "--format", "json")
    assert result.returncode == (2 if fault.code == "SC101" else 1), result.stderr
    found = {(one["code"], one["line"]) for one in json.loads(result.stdout)["findings"]}
    assert (fault.code, fault_line(path)) in found


def test_a_missing_import_inside_a_function_is_found_by_the_lint_step(tmp_path: Path) -> None:
    path = write(tmp_path, "\ndef size(text):\n    return math.ceil(len(text))  # FAULT\n")
    result = run(tmp_path, "ruff", "check", "--select", "F821", "--output-format", "concise", ".")
    assert f"models.py:{fault_line(path)}:12: F821 Undefined name `math`" in result.stdout


def test_a_missing_argument_is_found_by_the_type_step(tmp_path: Path) -> None:
    body = (
        "\ndef greet(name: str, grade: int) -> str:\n    return name * grade\n"
        '\ndef welcome() -> str:\n    return greet("Ada")  # FAULT\n'
    )
    path = write(tmp_path, body)
    result = run(tmp_path, "mypy", "--no-incremental", "--follow-imports", "skip", "app")
    message = 'Missing positional argument "grade" in call to "greet"'
    assert f"models.py:{fault_line(path)}: error: {message}" in result.stdout
