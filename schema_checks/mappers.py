"""Configures every mapper and reports every fault, not the first one only.

`configure_mappers()` stops at its first fault, in random order, and afterwards only repeats
"One or more mappers failed". So when it fails, each property is initialised by itself, while
SQLAlchemy believes that it is configuring already (it would start again, and fail, otherwise).
That uses `Mapper._props`, `_configure_failed`, `MapperProperty._configure_started` and the
module's `_already_compiling`, which are private to SQLAlchemy; where a version no longer has
them, the first fault is reported and the rest is reported as not checked.
"""

from __future__ import annotations

import difflib
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import exc as sa_exc
from sqlalchemy.orm import Mapper, RelationshipProperty, registry
from sqlalchemy.orm.interfaces import MapperProperty

from schema_checks.discovery import Models, known_registries
from schema_checks.findings import Finding, Level, Skipped
from schema_checks.rules import Detail, found

UNRESOLVED = re.compile(r"failed to locate a name \([\"']*(?:name ')?(?P<name>[\w.]+)")
OVERLAP = re.compile(r"relationship '(?P<owner>[\w.]+)\.(?P<name>\w+)' will copy column")
DANGLING = (sa_exc.NoReferencedTableError, sa_exc.NoReferencedColumnError)
COMPILING = ("_already_compiling", "_CONFIGURE_MUTEX")
MESSAGE_CODES = (
    ("failed to locate a name", "SC110"),
    ("Multiple classes found for path", "SC120"),
    ("has no property", "SC114"),
    ("both of the same direction", "SC115"),
    ("back_populates on relationship", "SC115"),
    ("reverse_property", "SC115"),
    ("Error creating backref", "SC115"),
    ("cannot specify sync_backref", "SC115"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception that one property raised while it was configured."""

    prop: MapperProperty[object]
    error: Exception


def check(models: Models) -> tuple[list[Finding], list[Skipped]]:
    """Configure all mappers; return what is wrong with them and what could not be looked at."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first = _configure(models.registries)
        faults = [] if first is None else _each_fault(models.mappers)
    findings = [_describe(fault, models) for fault in faults]
    skipped = []
    if first is not None and not findings and not isinstance(first, DANGLING):
        findings = [found("SC119", "mappers", _one_line(first))]
    if first is not None and not _can_go_on(models.mappers):
        reason = "this version of SQLAlchemy shows the first mapper fault only"
        skipped = [Skipped("the other mappers", reason, blocking=True)]
    findings += _overlaps([str(warning.message) for warning in caught], models)
    findings += _one_sided(models)
    return findings, skipped


def _configure(registries: Sequence[registry]) -> Exception | None:
    first: Exception | None = None
    for reg in registries:
        try:
            reg.configure(cascade=True)
        except Exception as error:  # noqa: BLE001 - a mapping can make SQLAlchemy raise anything
            first = first or error
    return first


def _can_go_on(mappers: Sequence[Mapper[object]]) -> bool:
    private = (hasattr(sys.modules[Mapper.__module__], name) for name in COMPILING)
    return all(private) and all(
        hasattr(mapper, "_props")
        and all(hasattr(prop, "_configure_finished") for prop in mapper._props.values())  # noqa: SLF001 - see the module's docstring
        for mapper in mappers
    )


def own_properties(mapper: Mapper[object]) -> Mapping[str, MapperProperty[object]]:
    """Return the mapper's own properties without configuring it; `Mapper.attrs` would."""
    props = getattr(mapper, "_props", {})
    return {name: prop for name, prop in props.items() if prop.parent is mapper}


def _each_fault(mappers: Sequence[Mapper[object]]) -> list[Fault]:
    if not _can_go_on(mappers):
        return []
    faults: dict[str, Fault] = {}
    with _as_if_configuring():
        for mapper in mappers:
            mapper.__dict__.pop("_configure_failed", None)
            for prop in list(own_properties(mapper).values()):
                error = _initialise(prop)
                # A dangling foreign key is reported once, as itself, by foreign_keys.py.
                if error is not None and not isinstance(error, DANGLING):
                    _keep(Fault(prop, error), faults)
    return list(faults.values())


def _initialise(prop: MapperProperty[object]) -> Exception | None:
    if prop._configure_finished:  # noqa: SLF001 - see the module's docstring
        return None
    prop._configure_started = False  # noqa: SLF001 - see the module's docstring
    try:
        prop.init()
    except Exception as error:  # noqa: BLE001 - a mapping can make SQLAlchemy raise anything
        # SQLAlchemy would otherwise take the property for configured, and never raise again.
        prop._configure_started = False  # noqa: SLF001 - see the module's docstring
        prop.parent._configure_failed = error  # noqa: SLF001 - see the module's docstring
        return error
    return None


@contextmanager
def _as_if_configuring() -> Iterator[None]:
    mapperlib = sys.modules[Mapper.__module__]
    with getattr(mapperlib, COMPILING[1]):
        setattr(mapperlib, COMPILING[0], True)
        try:
            yield
        finally:
            setattr(mapperlib, COMPILING[0], False)


def _keep(fault: Fault, faults: dict[str, Fault]) -> None:
    """Keep one fault a message: a back-reference repeats the fault of its other side."""
    message = str(fault.error)
    if message not in faults or f"mapper {fault.prop.parent}," in message:
        faults[message] = fault


def _describe(fault: Fault, models: Models) -> Finding:
    prop, error = fault.prop, fault.error
    cls = prop.parent.class_
    subject = f"{cls.__name__}.{prop.key}"
    at = models.sources.of_attribute(cls, prop.key)
    unresolved = UNRESOLVED.search(str(error))
    if unresolved:
        return _unresolved(prop, unresolved["name"], models)
    if isinstance(error, sa_exc.NoForeignKeysError):
        return found("SC112", subject, _one_line(error), at)
    if isinstance(error, sa_exc.AmbiguousForeignKeysError):
        return found("SC113", subject, _one_line(error), at)
    code = next((code for part, code in MESSAGE_CODES if part in str(error)), "SC119")
    return found(code, subject, _one_line(error), at, Detail(level=Level.ERROR))


def _unresolved(prop: MapperProperty[object], name: str, models: Models) -> Finding:
    cls = prop.parent.class_
    subject = f"{cls.__name__}.{prop.key}"
    at = models.sources.of_attribute(cls, prop.key)
    wanted = name.rpartition(".")[2]
    for reg in (*models.registries, *known_registries()):
        if reg is prop.parent.registry:
            continue
        for mapper in reg.mappers:
            if mapper.class_.__name__ == wanted:
                owner = f"{mapper.class_.__module__}.{mapper.class_.__qualname__}"
                message = (
                    f"{subject} names {name}, which is mapped on another Base, {base_name(reg)} "
                    f"({owner}), not on {base_name(prop.parent.registry)}"
                )
                return found("SC111", subject, message, at)
    names = sorted(mapper.class_.__name__ for mapper in prop.parent.registry.mappers)
    near = difflib.get_close_matches(wanted, names, n=1)
    message = f"{subject} names {name}, which no class of {base_name(prop.parent.registry)} has"
    return found("SC110", subject, message + (f"; did you mean {near[0]}?" if near else ""), at)


def base_name(reg: registry) -> str:
    """Return `module.Base` of the declarative base that owns the registry."""
    owners = {
        owner
        for mapper in reg.mappers
        for owner in mapper.class_.__mro__
        if owner.__dict__.get("registry") is reg or owner.__dict__.get("_sa_registry") is reg
    }
    names = sorted(map(_name_of_base, owners))
    return names[0] if names else "a registry without a base class"


def _name_of_base(base: type) -> str:
    """Return `module.Base`; what `declarative_base()` made says that SQLAlchemy made it."""
    if not base.__module__.startswith("sqlalchemy."):
        return f"{base.__module__}.{base.__qualname__}"
    mapped: list[type] = base.__subclasses__()
    for cls in mapped:
        for name, value in getattr(sys.modules.get(cls.__module__), "__dict__", {}).items():
            if value is base:
                return f"{cls.__module__}.{name}"
    return base.__qualname__


def _overlaps(messages: Sequence[str], models: Models) -> Iterator[Finding]:
    classes: dict[str, type] = {mapper.class_.__name__: mapper.class_ for mapper in models.mappers}
    for message in messages:
        match = OVERLAP.match(message)
        if match is None:
            continue
        name = match["owner"].rpartition(".")[2]
        cls = classes.get(name)
        at = models.sources.of_attribute(cls, match["name"]) if cls else None
        text = message.partition(". If this is")[0]
        yield found("SC117", f"{name}.{match['name']}", _one_line(text), at)


def _one_sided(models: Models) -> Iterator[Finding]:
    for mapper in models.mappers:
        for key, prop in getattr(mapper, "_props", {}).items():
            if isinstance(prop, RelationshipProperty) and prop.parent is mapper:
                yield from _other_side(mapper.class_, key, prop, models)


def _other_side(
    cls: type, key: str, prop: RelationshipProperty[object], models: Models
) -> Iterator[Finding]:
    if not prop.back_populates or not prop._configure_finished:  # noqa: SLF001 - see the module's docstring
        return
    other = own_properties(prop.mapper).get(prop.back_populates)
    if not isinstance(other, RelationshipProperty) or other.back_populates == key:
        return
    target, named = prop.mapper.class_, other.back_populates or "nothing"
    message = (
        f"{cls.__name__}.{key} names {target.__name__}.{other.key} as its other side, "
        f"which names {named}"
    )
    at = models.sources.of_attribute(cls, key)
    yield found("SC116", f"{cls.__name__}.{key}", message, at)


def _one_line(error: Exception | str) -> str:
    text = " ".join(str(error).split("\n(Background")[0].split())
    return text.partition(" (Background on this error")[0]
