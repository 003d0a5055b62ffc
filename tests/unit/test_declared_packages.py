"""Whatever the code imports stands in pyproject.toml: nothing is there because another needs it.

Held by files, not by top-level names: a dozen packages install into `google`.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"worker", "schema_checks", "tests", "benchmarks"}
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def canonical(name: str) -> str:
    found = NAME.match(name)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


@cache
def owners() -> dict[str, str]:
    """Which distribution installed which file with code, by the record of its wheel."""
    found = {}
    for one in distributions():
        name, folder = canonical(one.metadata["Name"]), str(one.locate_file(""))
        for line in (one.read_text("RECORD") or "").splitlines():
            file = line.partition(",")[0]
            if file.endswith((".py", ".so")):
                found[f"{folder}/{file}"] = name
    return found


def imported(package: str) -> Iterator[str]:
    """Yield every module that a package's code names in an import, inside functions too."""
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def file_of(module: str) -> str | None:
    """Return the file that an import would read, without running it; None for no module."""
    path = module.replace(".", "/")
    for folder in sys.path:
        found = [f"{folder}/{path}/__init__.py", f"{folder}/{path}.py"]
        found += sorted(map(str, Path(folder).glob(f"{path}.*.so")))
        for file in found:
            if Path(file).is_file():
                return file
    return None


def needed(package: str) -> dict[str, str]:
    """Return the distributions that a package imports from, each with one of the imports."""
    found: dict[str, str] = {}
    for module in sorted(set(imported(package))):
        if module.partition(".")[0] in sys.stdlib_module_names | OURS:
            continue
        file = file_of(module)
        if file is not None and file in owners():
            found.setdefault(owners()[file], module)
    return found


def declared(*extras: str) -> set[str]:
    table = project()["project"]
    wanted = [*table["dependencies"]]
    for extra in extras:
        wanted += table["optional-dependencies"][extra]
    return {canonical(one) for one in wanted}


def test_what_the_worker_imports_is_declared() -> None:
    extras = tuple(project()["project"]["optional-dependencies"])
    missing = {
        name: module for name, module in needed("worker").items() if name not in declared(*extras)
    }
    assert missing == {}


def test_the_checks_of_schemas_need_sqlalchemy_alone() -> None:
    assert set(needed("schema_checks")) == {"sqlalchemy"}


@pytest.mark.parametrize(
    ("module", "owner"),
    [
        ("google.genai.types", "google-genai"),
        ("google.auth.exceptions", "google-auth"),
        ("grpc.aio", "grpcio"),
        ("google.protobuf.any_pb2", "protobuf"),
    ],
)
def test_a_module_of_a_shared_namespace_has_one_owner(module: str, owner: str) -> None:
    file = file_of(module)
    assert file is not None
    assert owners()[file] == owner
