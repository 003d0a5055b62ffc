"""Compares Alembic's revision scripts with the version table, without running `env.py`.

The scripts are read, not imported: `env.py` costs 0.5 to 4.9 s and may do anything.
"""

from __future__ import annotations

import ast
import configparser
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from schema_checks.errors import CannotCheckError
from schema_checks.findings import Finding, Level, Location
from schema_checks.rules import Detail, found


@dataclass(frozen=True, slots=True)
class Migrations:
    """Where the revision scripts are, and which table holds the database's revision.

    Attributes:
        location: Alembic's script_location (with a `versions` folder in it), or the folder of
            the scripts itself.
    """

    location: Path
    version_table: str = "alembic_version"
    version_table_schema: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision script."""

    revision: str
    parents: tuple[str, ...]
    depends_on: tuple[str, ...]
    labels: tuple[str, ...]
    location: Location


def from_ini(path: Path, version_table: str = "alembic_version") -> Migrations:
    """Read where the scripts are from an `alembic.ini`.

    Raises:
        CannotCheckError: The file cannot be read or has no script_location.
    """
    parser = configparser.ConfigParser({"here": str(path.parent.resolve())})
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        location = parser.get("alembic", "script_location")
    except (OSError, configparser.Error) as error:
        raise CannotCheckError("migrations", f"{path}: {error}") from error
    package, colon, rest = location.partition(":")
    if colon and not Path(location).exists():
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise CannotCheckError("migrations", f"{path}: there is no package {package}")
        return Migrations(Path(spec.submodule_search_locations[0]) / rest, version_table)
    return Migrations(path.parent / location, version_table)


def read_revisions(migrations: Migrations) -> list[Revision]:
    """Read every script's revision, parents and dependencies from its source.

    Raises:
        CannotCheckError: The folder does not exist.
    """
    folder = migrations.location / "versions"
    folder = folder if folder.is_dir() else migrations.location
    if not folder.is_dir():
        raise CannotCheckError("migrations", f"there is no folder {folder}")
    revisions = (_read(path) for path in sorted(folder.rglob("*.py")) if path.name != "env.py")
    return [revision for revision in revisions if revision is not None]


def _read(path: Path) -> Revision | None:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None
    values: dict[str, tuple[str, ...]] = {}
    line = 1
    for statement in tree.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        target = statement.target if isinstance(statement, ast.AnnAssign) else target
        if isinstance(target, ast.Name) and isinstance(statement, ast.Assign | ast.AnnAssign):
            values[target.id] = tuple(_texts(statement.value))
            line = statement.lineno if target.id == "revision" else line
    if not values.get("revision"):
        return None
    return Revision(
        revision=values["revision"][0],
        parents=values.get("down_revision", ()),
        depends_on=values.get("depends_on", ()),
        labels=values.get("branch_labels", ()),
        location=Location(str(path), line),
    )


def _texts(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for element in node.elts:
            yield from _texts(element)


def check(revisions: Iterable[Revision]) -> Iterator[Finding]:
    """Report scripts that contradict each other: unknown parents, one id twice, several heads."""
    known: dict[str, Revision] = {}
    for revision in revisions:
        if revision.revision in known:
            other = Path(known[revision.revision].location.path).name
            message = f"revision {revision.revision} is also in {other}"
            yield found("SC605", revision.revision, message, revision.location)
        known.setdefault(revision.revision, revision)
    for revision in known.values():
        for parent in revision.parents:
            if _find(parent, known) is None:
                message = f"revision {revision.revision} follows {parent}, which no script has"
                yield found("SC605", revision.revision, message, revision.location)
    heads = _heads(known)
    if len(heads) > 1:
        message = "there are several heads: " + ", ".join(head.revision for head in heads)
        labelled = all(_labels(head.revision, known) for head in heads)
        level = Level.WARNING if labelled else None
        yield found("SC603", "migrations", message, heads[0].location, Detail(level=level))


def check_database(
    revisions: Iterable[Revision], versions: tuple[str, ...] | None, table: str
) -> Iterator[Finding]:
    """Report what the database has not applied, and what it has that no script is for.

    Args:
        revisions: The scripts.
        versions: The rows of the version table; None where there is no such table.
        table: The version table's name.
    """
    known = {revision.revision: revision for revision in revisions}
    if versions is None:
        if known:
            message = f"the database has no table {table}: no migration was ever applied"
            yield found("SC604", table, message)
        return
    for version in versions:
        if version not in known:
            message = f"the database is at revision {version}, which no script has"
            yield found("SC602", version, message)
    applied = _ancestors([version for version in versions if version in known], known)
    pending = [revision for revision in known.values() if revision.revision not in applied]
    if pending and any(version not in known for version in versions):
        return  # what lies between an unknown revision and ours cannot be told
    for revision in pending:
        message = f"revision {revision.revision} is not applied; the database is at "
        at = ", ".join(versions) or "no revision"
        yield found("SC601", revision.revision, message + at, revision.location)


def _find(name: str, known: dict[str, Revision]) -> Revision | None:
    """Return a revision by its id, or by a beginning of it, as Alembic does."""
    if name in known:
        return known[name]
    near = [revision for key, revision in known.items() if key.startswith(name)]
    return near[0] if len(near) == 1 else None


def _heads(known: dict[str, Revision]) -> list[Revision]:
    named = [
        _find(parent, known)
        for revision in known.values()
        for parent in (*revision.parents, *revision.depends_on)
    ]
    followed = {revision.revision for revision in named if revision is not None}
    return [revision for key, revision in sorted(known.items()) if key not in followed]


def _ancestors(versions: Iterable[str], known: dict[str, Revision]) -> set[str]:
    todo, seen = list(versions), set[str]()
    while todo:
        revision = _find(todo.pop(), known)
        if revision is not None and revision.revision not in seen:
            seen.add(revision.revision)
            todo += (*revision.parents, *revision.depends_on)
    return seen


def _labels(version: str, known: dict[str, Revision]) -> set[str]:
    return {label for name in _ancestors([version], known) for label in known[name].labels}
