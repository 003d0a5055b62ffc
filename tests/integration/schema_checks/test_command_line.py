"""`python -m schema_checks`: exit 0 clean, 1 findings, 2 could not check."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

ROOT = Path(__file__).parents[3]
MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Student(Base):
    __tablename__ = "students"
    student_id: Mapped[int] = mapped_column(primary_key=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    package = tmp_path / "app"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(MODELS)
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "schema_checks", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def url_of(engine: Engine, driver: str) -> str:
    return engine.url.set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_finding_exits_1_and_a_mended_database_exits_0(
    folder: Path, engine: Engine, driver: str
) -> None:
    arguments = ("app.models:Base", "--database-url", url_of(engine, driver))
    broken = run(folder, *arguments)
    assert broken.returncode == 1, broken.stderr
    assert broken.stdout.startswith("app/models.py:8: error SC302 the database has no table")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE students (student_id serial PRIMARY KEY)"))
    mended = run(folder, *arguments)
    assert (mended.returncode, mended.stdout) == (0, "no findings\n")


def test_without_a_url_the_report_says_that_the_database_was_not_checked(folder: Path) -> None:
    result = run(folder, "app.models")
    assert result.returncode == 0
    assert result.stdout.startswith("not asked for: the database: no connection was given")


def test_a_module_that_does_not_import_exits_2(folder: Path) -> None:
    (folder / "app" / "models.py").write_text("import nowhere_to_be_found\n")
    result = run(folder, "app.models")
    assert result.returncode == 2
    assert "app/models.py:1: error SC101" in result.stdout
    assert "No module named 'nowhere_to_be_found'" in result.stdout


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_url_that_never_answers_exits_2_and_hides_the_password(folder: Path, driver: str) -> None:
    with socket.socket() as silent:  # accepts by its backlog, and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql+{driver}://u:secret@127.0.0.1:{silent.getsockname()[1]}/d"
        result = run(folder, "app.models", "--database-url", url, "--connect-timeout", "0.5")
    assert result.returncode == 2, result.stderr
    assert "does not answer" in result.stdout
    assert "secret" not in result.stdout + result.stderr


@pytest.mark.parametrize("url", ["nonsense", "postgresql+nodriver://u@h/d"])
def test_a_url_that_cannot_be_used_exits_2(folder: Path, url: str) -> None:
    result = run(folder, "app.models", "--database-url", url)
    assert result.returncode == 2, result.stderr
    assert "NOT CHECKED: the database" in result.stdout


def test_another_database_than_postgresql_is_not_a_clean_run(folder: Path) -> None:
    result = run(folder, "app.models", "--database-url", "sqlite://")
    assert result.returncode == 2, result.stderr
    assert "live checks are for PostgreSQL, not for sqlite" in result.stdout
