"""Looks for a second declarative base, whose names and tables the first one cannot see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy.orm import registry

from schema_checks.discovery import Models
from schema_checks.findings import Finding, Level
from schema_checks.mappers import base_name
from schema_checks.rules import Detail, found


def check(models: Models) -> Iterator[Finding]:
    """Report each Base besides the main one, and what tries to cross between them."""
    groups = [reg for reg in models.registries if reg.mappers]
    yield from _same_names(groups, models)
    main = max(groups, key=lambda reg: len(reg.mappers), default=None)
    for reg in groups:
        if main is not None and reg is not main and reg.metadata is not main.metadata:
            yield _isolated(reg, main, models)


def _isolated(reg: registry, main: registry, models: Models) -> Finding:
    classes = sorted(mapper.class_.__name__ for mapper in reg.mappers)
    crossing = sorted(_crossing_keys(reg, main, models))
    message = f"{base_name(reg)} is a second Base beside {base_name(main)}; it maps " + ", ".join(
        classes[:5] + (["…"] if len(classes) > 5 else [])  # noqa: PLR2004 - a list to recognise it by
    )
    if crossing:
        message += "; foreign keys that try to cross: " + ", ".join(crossing)
    first = min(reg.mappers, key=lambda mapper: mapper.class_.__qualname__)
    level = Level.WARNING if crossing else Level.INFO
    at = models.sources.of_class(first.class_)
    return found("SC118", base_name(reg), message, at, Detail(level=level))


def _crossing_keys(one: registry, other: registry, models: Models) -> Iterator[str]:
    for here, there in ((one.metadata, other.metadata), (other.metadata, one.metadata)):
        for table in here.tables.values():
            for key in (key for constraint in models.keys_of(table) for key in constraint.keys):
                known = key.target.table_key
                if known in there.tables and known not in here.tables:
                    yield f"{key.subject} -> {key.target}"


def _same_names(groups: list[registry], models: Models) -> Iterator[Finding]:
    for reg in groups:
        names = Counter(mapper.class_.__name__ for mapper in reg.mappers)
        for mapper in models.mappers:
            cls = mapper.class_
            if mapper.registry is reg and names[cls.__name__] > 1:
                message = f"{cls.__module__}.{cls.__qualname__} shares its name with another class"
                subject = f"{cls.__module__}.{cls.__name__}"
                yield found("SC120", subject, message, models.sources.of_class(cls))
