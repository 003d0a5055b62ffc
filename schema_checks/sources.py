"""Where in the source a class, an attribute or a table stands.

Nothing is parsed until a finding asks for it, and each file is parsed once: a check that finds
nothing pays nothing (`inspect.getsourcelines` would cost up to 47 ms a class).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Column, Table
from sqlalchemy.orm import Mapper

from schema_checks.findings import Location

# Their classes hold no attribute of a model, and their files are long.
FOREIGN = ("sqlalchemy.", "builtins", "typing", "abc", "enum", "dataclasses")


@dataclass(slots=True)
class ParsedFile:
    """The lines of one file that findings can point at."""

    classes: dict[str, int] = field(default_factory=dict)
    attributes: dict[tuple[str, str], int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    table_columns: dict[tuple[str, str], int] = field(default_factory=dict)


class Sources:
    """Finds locations; keeps every file that it parsed."""

    def __init__(self, packages: Sequence[str] = ()) -> None:
        """Remember in which packages to look for tables that no class maps."""
        self._packages = tuple(packages)
        self._files: dict[str, ParsedFile] = {}

    def of_class(self, cls: type) -> Location | None:
        """Return the line of the class statement."""
        path, parsed = self._parsed_module(cls.__module__)
        line = parsed.classes.get(cls.__qualname__)
        return Location(path, line) if line else None

    def of_attribute(self, cls: type, name: str) -> Location | None:
        """Return the line where the class, or the base or mixin it has it from, sets `name`."""
        owners = (one for one in cls.__mro__ if not one.__module__.startswith(FOREIGN))
        for owner in owners:
            path, parsed = self._parsed_module(owner.__module__)
            line = parsed.attributes.get((owner.__qualname__, name))
            if line:
                return Location(path, line)
        return self.of_class(cls)

    def of_table(self, table: Table, mapper: Mapper[object] | None) -> Location | None:
        """Return the line of the class that maps the table, or of its `Table(...)` call."""
        if mapper is not None:
            return self.of_attribute(mapper.class_, "__tablename__")
        return next(self._table_lines(table.name, None), None)

    def of_column(self, column: Column[object], mapper: Mapper[object] | None) -> Location | None:
        """Return the line of the attribute that maps the column, or of its `Column(...)` call."""
        if mapper is not None:
            return self.of_attribute(mapper.class_, attribute_name(mapper, column))
        table = column.table.name
        return next(self._table_lines(table, column.name), None) or next(
            self._table_lines(table, None), None
        )

    def _table_lines(self, table: str, column: str | None) -> Iterator[Location]:
        for name in sorted(sys.modules):
            if not name.startswith(self._packages or ("\0",)):
                continue
            path, parsed = self._parsed_module(name)
            line = (
                parsed.tables.get(table)
                if column is None
                else parsed.table_columns.get((table, column))
            )
            if line:
                yield Location(path, line)

    def _parsed_module(self, name: str) -> tuple[str, ParsedFile]:
        path = getattr(sys.modules.get(name), "__file__", None)
        if not path or not path.endswith(".py"):
            return "", ParsedFile()
        if path not in self._files:
            self._files[path] = parse_file(Path(path))
        return path, self._files[path]


def attribute_name(mapper: Mapper[object], column: Column[object]) -> str:
    """Return the attribute's name, without configuring the mapper; the column's key otherwise."""
    try:
        return mapper.get_property_by_column(column).key
    except Exception:  # noqa: BLE001 - a column outside the mapping (UnmappedColumnError, KeyError)
        return str(column.key)


def parse_file(path: Path) -> ParsedFile:
    """Read the lines of classes, attributes and tables; a file that cannot be read has none."""
    parsed = ParsedFile()
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return parsed
    _visit(tree, "", parsed)
    return parsed


def _visit(node: ast.AST, prefix: str, parsed: ParsedFile) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            qualname = prefix + child.name
            parsed.classes.setdefault(qualname, child.lineno)
            for statement in child.body:
                for name in _names_set_by(statement):
                    parsed.attributes.setdefault((qualname, name), statement.lineno)
            _visit(child, qualname + ".", parsed)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            _visit(child, f"{prefix}{child.name}.<locals>.", parsed)
        else:
            if isinstance(child, ast.Call):
                _visit_call(child, parsed)
            _visit(child, prefix, parsed)


def _names_set_by(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id
    elif isinstance(statement, ast.Assign):
        yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
    elif isinstance(statement, ast.FunctionDef):
        yield statement.name


def _visit_call(call: ast.Call, parsed: ParsedFile) -> None:
    table = _first_text(call) if _called_name(call) == "Table" else None
    if table is None:
        return
    parsed.tables.setdefault(table, call.lineno)
    for argument in call.args:
        if isinstance(argument, ast.Call) and _called_name(argument) == "Column":
            column = _first_text(argument)
            if column is not None:
                parsed.table_columns.setdefault((table, column), argument.lineno)


def _called_name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _first_text(call: ast.Call) -> str | None:
    if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        return call.args[0].value
    return None
