"""Small projects written to disk, so that findings can point at real lines."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from textwrap import dedent

import pytest

from schema_checks import Finding, Report, run_checks

Project = Callable[..., str]
BASE = """
from __future__ import annotations
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase):
    pass
"""


@pytest.fixture(scope="session")
def project_numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project_numbers: Iterator[int]
) -> Iterator[Project]:
    """Write a package of the given modules; return its name, which no other test uses."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names: list[str] = []

    def write(**modules: str) -> str:
        name = f"project_{next(project_numbers)}"
        names.append(name)
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "base.py").write_text(BASE)
        for module, body in modules.items():
            text = f"from {name}.base import *\nfrom {name}.base import Base\n{dedent(body)}"
            (folder / f"{module}.py").write_text(text.replace("PROJECT", name))
        importlib.invalidate_caches()
        return name

    yield write
    for name in names:
        for module in [known for known in sys.modules if known.startswith(name)]:
            del sys.modules[module]


@pytest.fixture
def check(project: Project) -> Callable[[str], Report]:
    """Write one module of models and check it."""
    return lambda body: run_checks(f"{project(models=body)}.models")


@pytest.fixture
def line_of() -> Callable[[Finding], str]:
    """Return the source line that a finding points at."""

    def read(finding: Finding) -> str:
        assert finding.location is not None
        lines = Path(finding.location.path).read_text().splitlines()
        return lines[finding.location.line - 1].strip()

    return read
