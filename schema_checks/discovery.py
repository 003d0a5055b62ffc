"""Imports the models and finds every Base, registry, MetaData and mapper that they make up."""

from __future__ import annotations

import ast
import difflib
import importlib
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.orm import Mapper, registry

from schema_checks.findings import Finding, Location, Skipped
from schema_checks.key_targets import ResolvedConstraint, resolve_keys
from schema_checks.rendering import TypeBook
from schema_checks.rules import found
from schema_checks.sources import Sources

Item = TypeVar("Item")

NOT_MODELS = frozenset({"tests", "test", "migrations", "versions", "alembic"})


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that the target consists of.

    The mappers hold their classes: SQLAlchemy's own class registry is weak, and a model nobody
    holds would vanish between two checks.

    Attributes:
        metadatas: Every MetaData whose tables are checked.
        registries: Every registry whose mappers are checked, the named ones first.
        mappers: Every mapper of those registries, sorted by module and name.
        tables: Every table, in order of its name.
    """

    metadatas: tuple[MetaData, ...]
    registries: tuple[registry, ...]
    mappers: tuple[Mapper[object], ...]
    tables: tuple[Table, ...]
    sources: Sources
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    types: TypeBook = field(default_factory=TypeBook)
    _mapper_of: dict[Table, Mapper[object]] = field(default_factory=dict)
    _keys: dict[Table, tuple[ResolvedConstraint, ...]] = field(default_factory=dict)

    def mapper_of(self, table: Table) -> Mapper[object] | None:
        """Return the mapper whose own table this is."""
        return self._mapper_of.get(table)

    def keys_of(self, table: Table) -> tuple[ResolvedConstraint, ...]:
        """Return the table's foreign keys; they are resolved once, by the first who asks."""
        keys = self._keys.get(table)
        if keys is None:
            keys = self._keys[table] = resolve_keys(table)
        return keys

    def at_table(self, table: Table) -> Location | None:
        """Return the line of the class that maps the table, or of the table itself."""
        return self.sources.of_table(table, self.mapper_of(table))

    def at_column(self, column: Column[object]) -> Location | None:
        """Return the line of the attribute that maps the column, or of the column itself."""
        return self.sources.of_column(column, self.mapper_of(column.table))


@dataclass(slots=True)
class _Gathering:
    metadatas: list[MetaData] = field(default_factory=list)
    registries: list[registry] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def cannot(self, finding: Finding) -> None:
        self.findings.append(finding)
        self.skipped.append(Skipped(finding.subject, f"see {finding.code}", blocking=True))


def discover(target: object) -> Models:
    """Resolve a target: a Base, a registry, a MetaData, a Table, a module or its name, or several.

    A module name may carry the name of one object in it (`package.module:Base`). For a named
    module every other registry of its top-level package is taken in as well: a stray second
    Base is part of what the program will configure.

    Raises:
        TypeError: The target is none of these.
    """
    gathering = _Gathering()
    for item in _items(target):
        _gather(item, gathering)
    registries = _unique([*gathering.registries, *_siblings(gathering)])
    mappers = sorted(
        {mapper for reg in registries for mapper in reg.mappers},
        key=lambda mapper: (mapper.class_.__module__, mapper.class_.__qualname__),
    )
    tables = {mapper.local_table: mapper for mapper in reversed(mappers) if not mapper.single}
    metadatas = _unique(
        [
            *gathering.metadatas,
            *(reg.metadata for reg in registries),
            *(table.metadata for table in tables if isinstance(table, Table)),
        ]
    )
    packages = [*gathering.packages, *(mapper.class_.__module__ for mapper in mappers)]
    return Models(
        metadatas=tuple(metadatas),
        registries=tuple(registries),
        mappers=tuple(mappers),
        tables=_tables(metadatas),
        sources=Sources(sorted({package.partition(".")[0] for package in packages})),
        findings=(*gathering.findings, *_not_imported(gathering.packages)),
        skipped=tuple(gathering.skipped),
        _mapper_of={table: m for table, m in tables.items() if isinstance(table, Table)},
    )


def _tables(metadatas: Iterable[MetaData]) -> tuple[Table, ...]:
    """Return every table by its name; never by `sorted_tables`, which dangling keys crash."""
    tables = [table for metadata in metadatas for table in metadata.tables.values()]
    return tuple(sorted(tables, key=lambda table: table.fullname))


def _items(target: object) -> Iterator[object]:
    if isinstance(target, list | tuple | set | frozenset):
        for item in target:
            yield from _items(item)
    else:
        yield target


def _gather(item: object, gathering: _Gathering) -> None:
    if isinstance(item, str):
        _gather_name(item, gathering)
    elif isinstance(item, ModuleType):
        _gather_module(item, gathering)
    elif not _gather_object(item, gathering):
        raise TypeError(
            "a target is a declarative base, a registry, a MetaData, a Table or a module name, "
            f"not {item!r}"
        )


def _gather_object(item: object, gathering: _Gathering) -> bool:
    if isinstance(item, Table):
        item = item.metadata
    if isinstance(item, MetaData):
        gathering.metadatas.append(item)
        gathering.registries.extend(reg for reg in known_registries() if reg.metadata is item)
        return True
    if isinstance(item, registry):
        gathering.registries.append(item)
        return True
    owner, metadata = getattr(item, "registry", None), getattr(item, "metadata", None)
    if isinstance(owner, registry):
        gathering.registries.append(owner)
        if isinstance(metadata, MetaData):
            gathering.metadatas.append(metadata)
        return True
    return False


def _gather_name(name: str, gathering: _Gathering) -> None:
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a module may raise anything at import
        gathering.cannot(_import_fault(module_name, error))
        return
    if not attribute:
        _gather_module(module, gathering)
        return
    gathering.packages.append(module.__name__)
    value = getattr(module, attribute, None)
    if value is None or not _gather_object(value, gathering):
        near = difflib.get_close_matches(attribute, vars(module), n=1)
        suffix = f"; did you mean {near[0]}?" if near else ""
        wrong = "is no Base, registry, MetaData or Table" if value is not None else "does not exist"
        gathering.cannot(found("SC102", name, f"{module_name}:{attribute} {wrong}{suffix}"))


def _gather_module(module: ModuleType, gathering: _Gathering) -> None:
    gathering.packages.append(module.__name__)
    before = len(gathering.metadatas) + len(gathering.registries)
    for value in list(vars(module).values()):
        if not isinstance(value, ModuleType):
            _gather_object(value, gathering)
    gathering.registries.extend(_registries_in(module.__name__))
    if len(gathering.metadatas) + len(gathering.registries) == before:
        message = f"{module.__name__} holds no mapped class, no table and no MetaData"
        gathering.cannot(found("SC103", module.__name__, message))


def _import_fault(name: str, error: BaseException) -> Finding:
    last_line = traceback.format_exception_only(error)[-1].strip()
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<") and "importlib" not in frame.filename
    ]
    roots = [frame for frame in frames if "site-packages" not in frame.filename]
    own = [frame for frame in roots if Path(frame.filename) != Path(__file__)]
    at = Location(own[-1].filename, own[-1].lineno or 1) if own else None
    if isinstance(error, SyntaxError) and error.filename:
        at = Location(error.filename, error.lineno or 1)
    return found("SC101", name, f"importing {name} raises {last_line}", at)


def known_registries() -> list[registry]:
    """Return every registry of the process, or none where SQLAlchemy no longer tells.

    SQLAlchemy has no public list of them. Only the discovery of *other* Bases rests on it; the
    named target is checked in any case.
    """
    mapperlib = sys.modules["sqlalchemy.orm.mapper"]
    all_registries = getattr(mapperlib, "_all_registries", None)
    return [] if all_registries is None else list(all_registries())


def _registries_in(module_name: str) -> Iterator[registry]:
    prefix = module_name + "."
    for reg in known_registries():
        modules = {mapper.class_.__module__ for mapper in reg.mappers}
        if any(name == module_name or name.startswith(prefix) for name in modules):
            yield reg


def _siblings(gathering: _Gathering) -> Iterator[registry]:
    for package in _unique(name.partition(".")[0] for name in gathering.packages):
        yield from _registries_in(package)


def _unique(items: Iterable[Item]) -> list[Item]:
    return list({id(item): item for item in items}.values())


def _not_imported(packages: Iterable[str]) -> Iterator[Finding]:
    folders = {folder for name in packages if (folder := _package_folder(name)) is not None}
    if not folders:
        return
    loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    for folder in sorted(folders):
        for path in sorted(folder.rglob("*.py")):
            aside = NOT_MODELS.intersection(path.relative_to(folder).parts)
            if not aside and str(path) not in loaded:
                yield from _models_in(path)


def _package_folder(module_name: str) -> Path | None:
    module = sys.modules[module_name]
    package = module if hasattr(module, "__path__") else sys.modules.get(module.__package__ or "")
    path = getattr(package, "__file__", None)
    return Path(path).parent if path else None


def _models_in(path: Path) -> Iterator[Finding]:
    try:
        text = path.read_bytes()
        tree = ast.parse(text) if b"__tablename__" in text else None
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ClassDef) and any(map(_sets_tablename, node.body)):
            message = f"{node.name} is defined in {path.name}, which nothing has imported"
            yield found("SC104", node.name, message, Location(str(path), node.lineno))


def _sets_tablename(statement: ast.stmt) -> bool:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return any(isinstance(node, ast.Name) and node.id == "__tablename__" for node in targets)
