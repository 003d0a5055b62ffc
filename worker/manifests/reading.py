"""Parses a manifest of a Cloud Run Job or worker pool into frozen types.

The form is the one of `gcloud run jobs replace` and of `gcloud run jobs describe
--format=export`: `apiVersion: run.googleapis.com/v1`. What is not about running the worker
(labels, annotations, status) is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

KINDS = {"Job": ("spec", "template", "spec", "template", "spec"),
         "WorkerPool": ("spec", "template", "spec")}  # fmt: skip
"""Where the container's specification is, by kind."""

_MEMORY_UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "k": 10**3, "M": 10**6, "G": 10**9}


class ManifestError(Exception):
    """A file is no manifest that can be read.

    Attributes:
        where: The path in the document, or the line.
        problem: What is wrong.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(where, problem)
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable.

    Attributes:
        value: The literal value; None where it comes from a secret.
        secret: `NAME:VERSION` in Secret Manager; None for a literal.
        is_text: Whether the literal is written as text; Cloud Run takes nothing else.
    """

    name: str
    value: str | None = field(default=None, repr=False)
    secret: str | None = None
    is_text: bool = True


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says about running the worker.

    Attributes:
        where: The path of the container's specification, for findings.
        cpus: Cores; None where no limit is named.
        memory_bytes: None where no limit is named.
        timeout_seconds: A Job's limit on one task; None where it is not named, and for a pool.
    """

    kind: str
    name: str
    where: str
    image: str
    variables: tuple[Variable, ...]
    cpus: float | None
    memory_bytes: int | None
    timeout_seconds: float | None
    service_account: str | None

    @property
    def container(self) -> str:
        """The path of the container, for findings."""
        return f"{self.where}.containers[0]"


def read_manifest(text: str) -> Manifest:
    """Parse a manifest.

    Raises:
        ManifestError: It is no YAML, no Cloud Run Job or worker pool, or has not one container.
    """
    document = _load(text)
    kind = document.get("kind")
    if document.get("apiVersion") != "run.googleapis.com/v1" or kind not in KINDS:
        raise ManifestError(
            "kind", f"a run.googleapis.com/v1 {' or '.join(KINDS)} is expected, not {kind!r}"
        )
    where = ".".join(KINDS[kind])
    spec = _descend(document, KINDS[kind])
    container = _only_container(spec, where)
    limits = _mapping(_mapping(container, "resources", where), "limits", where)
    return Manifest(
        kind=kind,
        name=str(_mapping(document, "metadata", "metadata").get("name", "")),
        where=where,
        image=str(container.get("image", "")),
        variables=tuple(_variables(container, where)),
        cpus=_cpus(limits.get("cpu"), where),
        memory_bytes=_memory(limits.get("memory"), where),
        timeout_seconds=_seconds(spec.get("timeoutSeconds"), where),
        service_account=_text_or_none(spec.get("serviceAccountName")),
    )


def _load(text: str) -> Mapping[str, object]:
    try:
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ManifestError(f"line {line}", f"not YAML ({error.problem})") from None
    if not isinstance(document, dict):
        raise ManifestError("document", "a mapping is expected")
    return document


def _descend(document: Mapping[str, object], path: tuple[str, ...]) -> Mapping[str, object]:
    here = document
    for depth, name in enumerate(path):
        here = _mapping(here, name, ".".join(path[: depth + 1]))
    return here


def _mapping(parent: Mapping[str, object], name: str, where: str) -> Mapping[str, object]:
    found = parent.get(name, {})
    if not isinstance(found, dict):
        raise ManifestError(where, f"{name} is no mapping")
    return found


def _only_container(spec: Mapping[str, object], where: str) -> Mapping[str, object]:
    containers = spec.get("containers")
    if not isinstance(containers, list) or len(containers) != 1:
        raise ManifestError(f"{where}.containers", "exactly one container is expected")
    if not isinstance(containers[0], dict):
        raise ManifestError(f"{where}.containers[0]", "a mapping is expected")
    return containers[0]


def _variables(container: Mapping[str, object], where: str) -> Iterator[Variable]:
    entries = container.get("env", [])
    if not isinstance(entries, list):
        raise ManifestError(f"{where}.containers[0].env", "a list is expected")
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise ManifestError(f"{where}.containers[0].env[{number}]", "it has no name")
        source = _mapping(
            _mapping(entry, "valueFrom", entry["name"]), "secretKeyRef", entry["name"]
        )
        if source:
            secret = f"{source.get('name', '')}:{source.get('key', '')}"
            yield Variable(entry["name"], secret=secret)
        else:
            value = entry.get("value", "")
            yield Variable(entry["name"], str(value), is_text=isinstance(value, str))


def _cpus(value: object, where: str) -> float | None:
    if value is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(m?)", str(value))
    if found is None:
        raise ManifestError(f"{where}.containers[0].resources.limits.cpu", f"{value!r} is no CPU")
    return float(found[1]) / (1000 if found[2] else 1)


def _memory(value: object, where: str) -> int | None:
    if value is None:
        return None
    found = re.fullmatch(r"(\d+)(Ki|Mi|Gi|k|M|G)?", str(value))
    if found is None:
        place = f"{where}.containers[0].resources.limits.memory"
        raise ManifestError(place, f"{value!r} is no size; it looks like 4Gi")
    return int(found[1]) * _MEMORY_UNITS.get(found[2] or "", 1)


def _seconds(value: object, where: str) -> float | None:
    if value is None:
        return None
    if not re.fullmatch(r"\d+", str(value)):
        raise ManifestError(f"{where}.timeoutSeconds", f"{value!r} is no number of seconds")
    return float(str(value))


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
