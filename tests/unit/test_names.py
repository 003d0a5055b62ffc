"""What linters do not hold: names that fit nowhere, and the sizes of HOUSE RULES."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TREES = ("worker", "schema_checks", "tests", "benchmarks")

VAGUE = frozenset(
    {
        "common",
        "data",
        "handler",
        "handlers",
        "helper",
        "helpers",
        "info",
        "manager",
        "managers",
        "misc",
        "processor",
        "processors",
        "service",
        "services",
        "util",
        "utils",
    }
)
"""A module of such a name says nothing of what it knows, so that anything ends up in it."""

REVISIONS = Path("worker/migrations/versions")
"""A revision is a list of columns that no longer changes once it has run anywhere."""

LONGEST_MODULE = 400
LONGEST_FUNCTION = 50


def modules(root: Path) -> list[Path]:
    return sorted(path for tree in TREES for path in (root / tree).rglob("*.py"))


def vague_names(root: Path) -> list[str]:
    return [
        str(path.relative_to(root))
        for path in modules(root)
        if VAGUE & {*path.relative_to(root).parent.parts, path.stem}
    ]


def long_modules(root: Path) -> list[str]:
    counted = ((path, len(path.read_text(encoding="utf-8").splitlines())) for path in modules(root))
    return [
        f"{path.relative_to(root)}: {count} lines"
        for path, count in counted
        if count > LONGEST_MODULE
    ]


def long_functions(root: Path) -> list[str]:
    judged = (path for path in modules(root) if path.parent != root / REVISIONS)
    return [offender for path in judged for offender in _long_functions(path, root)]


def _long_functions(path: Path, root: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION and not _is_a_table(node):
                yield f"{path.relative_to(root)}:{node.lineno} {node.name}: {lines} lines"


def _is_a_table(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function does nothing but return one literal: data, however long."""
    last = node.body[-1]
    literal = isinstance(last, ast.Return) and isinstance(last.value, ast.Dict | ast.List)
    return literal and len(node.body) == 1 + (ast.get_docstring(node) is not None)


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert vague_names(ROOT) == []


def test_no_module_is_longer_than_400_lines() -> None:
    assert long_modules(ROOT) == []


def test_no_function_is_longer_than_50_lines() -> None:
    assert long_functions(ROOT) == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "worker" / "helpers").mkdir(parents=True)
    (tmp_path / "worker" / "helpers" / "__init__.py").write_text("")
    (tmp_path / "worker" / "utils.py").write_text("x = 1\n" * 400)
    (tmp_path / "worker" / "captions.py").write_text("x = 1\n" * 401)
    inside = "".join(f"    x = {number}\n" for number in range(50))
    (tmp_path / "worker" / "lease.py").write_text(
        f"def short():\n{inside[:-11]}\n\nclass A:\n    pass\n\nasync def long():\n{inside}"
    )
    return tmp_path


def test_the_offenders_are_found_and_listed(tree: Path) -> None:
    assert vague_names(tree) == ["worker/helpers/__init__.py", "worker/utils.py"]
    assert long_modules(tree) == ["worker/captions.py: 401 lines"]
    assert [offender.split(" ", 1)[1] for offender in long_functions(tree)] == ["long: 51 lines"]
