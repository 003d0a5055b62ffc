"""What would go wrong with a manifest, told before it is deployed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from opentelemetry.sdk import environment_variables
from pydantic import SecretStr

from worker.machine import MEGABYTE, PARENT_MEGABYTES, RENDER_MEGABYTES
from worker.manifests.reading import Manifest, Variable
from worker.settings import VARIABLES, Settings, SettingsError, load_settings

PINNED = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")

READ = VARIABLES.keys() | {name for name in vars(environment_variables) if name.startswith("OTEL_")}
"""Every variable that the worker reads, or OpenTelemetry's SDK in its stead."""

CLOSE = 0.75
"""Likeness (difflib's ratio) from which a name that nothing reads is taken for a misspelling."""

PLATFORM_GRACE_SECONDS = 10.0
"""What Cloud Run gives between SIGTERM and SIGKILL (its container contract)."""

STAND_INS = {"DATABASE_URL": "postgresql://user:secret@host:5432/name"}
"""What a secret is taken for while the other values are parsed."""

NEVER_DEPLOYED = {
    "PUBSUB_EMULATOR_HOST": "the worker would pull from an emulator",
    "STORAGE_EMULATOR_HOST": "lessons would go to an emulator",
    "GOOGLE_APPLICATION_CREDENTIALS": "the service account of the Job is its identity",
}


@dataclass(frozen=True, slots=True)
class ManifestFinding:
    """One fault of a manifest.

    Attributes:
        where: The path in the document.
        is_error: False for a warning: the worker can run.
    """

    where: str
    message: str
    mend: str
    is_error: bool = True


def check_manifest(manifest: Manifest) -> tuple[ManifestFinding, ...]:
    """Return everything that is wrong with a manifest, errors first."""
    found = [finding for check in CHECKS for finding in check(manifest)]
    return tuple(sorted(found, key=lambda finding: not finding.is_error))


def unpinned(where: str, image: str) -> ManifestFinding | None:
    """Return a finding where an image is named by anything but its digest."""
    if PINNED.fullmatch(image):
        return None
    return ManifestFinding(
        f"{where}.image",
        f"{image or 'no image'} is not pinned by digest: the same manifest could run other code",
        "python -m worker manifest pin FILE --image NAME@sha256:…",
    )


def _image(manifest: Manifest) -> Iterator[ManifestFinding]:
    finding = unpinned(manifest.container, manifest.image)
    if finding is not None:
        yield finding


def _names(manifest: Manifest) -> Iterator[ManifestFinding]:
    counts = Counter(variable.name for variable in manifest.variables)
    for name, count in counts.items():
        where = _at(manifest, name)
        if count > 1:
            yield ManifestFinding(where, f"{name} is set {count} times", "keep one of them")
        if name in READ:
            continue
        near = get_close_matches(name, READ, n=1, cutoff=CLOSE)
        if near or name.startswith("WORKER_"):
            mend = f"is {near[0]} meant?" if near else "remove it"
            yield ManifestFinding(where, f"{name} is set, and nothing reads it", mend)


def _values(manifest: Manifest) -> Iterator[ManifestFinding]:
    """Parse the values as the worker will; a secret's value is not known, only that it is one."""
    for variable in manifest.variables:
        if not variable.is_text:
            yield ManifestFinding(
                _at(manifest, variable.name),
                f"the value of {variable.name} is no text: Cloud Run refuses it",
                "put it in quotes",
            )
    try:
        load_settings({one.name: _value(one) for one in manifest.variables})
    except SettingsError as error:
        for fault in error.faults:
            if fault.is_error:
                message = f"{fault.variable}: {fault.problem}"
                yield ManifestFinding(_at(manifest, fault.variable), message, fault.mend)


def _secrets(manifest: Manifest) -> Iterator[ManifestFinding]:
    for variable in manifest.variables:
        where = _at(manifest, variable.name)
        if variable.name in SECRETS and variable.secret is None:
            yield ManifestFinding(
                where,
                f"{variable.name} is a secret, and stands in the manifest",
                "put it into Secret Manager and refer to it by valueFrom.secretKeyRef",
            )
        elif variable.secret is not None and variable.secret.endswith(":latest"):
            yield ManifestFinding(
                where,
                f"{variable.name} is the latest version of a secret: two tasks can get two values",
                "name a version: key: '3'",
                is_error=False,
            )


def _deployed(manifest: Manifest) -> Iterator[ManifestFinding]:
    for variable in manifest.variables:
        reason = NEVER_DEPLOYED.get(variable.name)
        if reason is not None:
            yield ManifestFinding(
                _at(manifest, variable.name), f"{variable.name} is set: {reason}", "remove it"
            )
        if (variable.name, variable.value) == ("WORKER_PROFILE", "embedded"):
            yield ManifestFinding(
                _at(manifest, variable.name),
                "the embedded profile starts its own servers, which end with the container",
                "remove it: cloud is the default",
            )
    if manifest.service_account is None:
        yield ManifestFinding(
            f"{manifest.where}.serviceAccountName",
            "no service account is named: it runs with the rights of the project's default one",
            "name one that has the roles of docs/google-cloud.md and no others",
            is_error=False,
        )


def _size(manifest: Manifest) -> Iterator[ManifestFinding]:
    where = f"{manifest.container}.resources.limits"
    if manifest.cpus is None or manifest.memory_bytes is None:
        yield ManifestFinding(where, "cpu or memory is not set", "set both, for example 2 and 4Gi")
        return
    renders = _number(manifest, "WORKER_RENDERS") or 1
    needed = PARENT_MEGABYTES + renders * RENDER_MEGABYTES
    if manifest.memory_bytes < needed * MEGABYTE:
        yield ManifestFinding(
            f"{where}.memory",
            f"{manifest.memory_bytes // MEGABYTE} MB are too little for the worker and {renders} "
            f"renders, which take {needed} MB",
            "give it more memory, or lower WORKER_RENDERS",
        )
    if renders > manifest.cpus:
        yield ManifestFinding(
            f"{where}.cpu",
            f"{renders} renders share {manifest.cpus:g} cores: each takes a whole one",
            "give it more cores, or lower WORKER_RENDERS",
        )


def _times(manifest: Manifest) -> Iterator[ManifestFinding]:
    grace = _seconds(manifest, "shutdown_grace_seconds")
    if grace >= PLATFORM_GRACE_SECONDS:
        yield ManifestFinding(
            _at(manifest, "WORKER_SHUTDOWN_GRACE"),
            f"a drain of {grace:g} s is cut off: Cloud Run kills {PLATFORM_GRACE_SECONDS:g} s "
            "after SIGTERM",
            "set it below, or leave the default",
        )
    if manifest.kind != "Job":
        return
    needed = _seconds(manifest, "max_runtime_seconds") + _seconds(manifest, "request_seconds")
    where = f"{manifest.where}.timeoutSeconds"
    if manifest.timeout_seconds is None:
        yield ManifestFinding(
            where,
            "not set: Cloud Run kills a task after 600 s, in the middle of a lesson",
            f"set it to {needed:g} or more",
        )
    elif manifest.timeout_seconds < needed:
        yield ManifestFinding(
            where,
            f"{manifest.timeout_seconds:g} s end a task in the middle of a lesson: it pulls for "
            f"WORKER_MAX_RUNTIME, then its last request may take WORKER_REQUEST_TIMEOUT",
            f"set it to {needed:g} or more, or lower one of the two",
        )


CHECKS: tuple[Callable[[Manifest], Iterator[ManifestFinding]], ...] = (
    _image,
    _names,
    _values,
    _secrets,
    _deployed,
    _size,
    _times,
)

SECRETS = frozenset(
    str(field.validation_alias)
    for field in Settings.model_fields.values()
    if field.annotation in (SecretStr, SecretStr | None)
)
"""The variables whose values may not stand in a file."""


def _at(manifest: Manifest, variable: str) -> str:
    names = [one.name for one in manifest.variables]
    place = f"[{names.index(variable)}]" if variable in names else ""
    return f"{manifest.container}.env{place}"


def _value(variable: Variable) -> str:
    if variable.value is not None:
        return variable.value
    return STAND_INS.get(variable.name, "from-secret-manager")


def _literal(manifest: Manifest, name: str) -> str | None:
    return next((one.value for one in manifest.variables if one.name == name), None)


def _number(manifest: Manifest, name: str) -> int | None:
    """Return a variable's whole number; one that cannot be read has a finding of its own."""
    text = (_literal(manifest, name) or "").strip()
    return int(text) if text.isdecimal() else None


def _seconds(manifest: Manifest, field: str) -> float:
    """Return a setting in seconds, or its default where it is unset or cannot be read."""
    declared = Settings.model_fields[field]
    text = _literal(manifest, str(declared.validation_alias)) or ""
    try:
        return float(text)
    except ValueError:
        return float(declared.default)
