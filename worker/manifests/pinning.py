"""Pins a manifest to one image, and compares what runs with what was meant."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from worker.manifests.checks import PINNED, ManifestFinding, unpinned
from worker.manifests.reading import KINDS, Manifest, ManifestError, read_manifest


def pin_image(text: str, image: str) -> str:
    """Return a manifest with its image replaced, and every other character as it was.

    Raises:
        ManifestError: The text is no manifest, it names no image, or the new one has no digest.
    """
    if not PINNED.fullmatch(image):
        raise ManifestError("--image", f"{image} has no digest; it looks like NAME@sha256:…")
    kind = read_manifest(text).kind
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    path: tuple[str | int, ...] = (*KINDS[kind], "containers", 0, "image")
    for part in path:
        node = _child(node, part)
    if node is None or node.start_mark is None or node.end_mark is None:
        raise ManifestError("containers[0].image", "no image is named")
    return text[: node.start_mark.index] + image + text[node.end_mark.index :]


def _child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        return node.value[part] if part < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    return None


def compare_described(meant: Manifest, described: Manifest) -> tuple[ManifestFinding, ...]:
    """Return how a described Job or pool differs from the manifest that it should be.

    Values are compared, and never quoted.
    """
    return tuple(_differences(meant, described))


def _differences(meant: Manifest, described: Manifest) -> Iterator[ManifestFinding]:
    where = described.container
    tagged = unpinned(where, described.image)
    if tagged is not None:
        yield tagged
    elif meant.image != described.image:
        message = f"it runs {described.image}, and {meant.image} is meant"
        yield ManifestFinding(f"{where}.image", message, "deploy the manifest again")
    for name in ("kind", "name", "cpus", "memory_bytes", "timeout_seconds", "service_account"):
        ours, theirs = getattr(meant, name), getattr(described, name)
        if ours is not None and ours != theirs:
            message = f"{name} is {theirs}, and {ours} is meant"
            yield ManifestFinding(described.where, message, "deploy the manifest again")
    yield from _variable_differences(meant, described)


def _variable_differences(meant: Manifest, described: Manifest) -> Iterator[ManifestFinding]:
    ours = {one.name: one for one in meant.variables}
    theirs = {one.name: one for one in described.variables}
    where = f"{described.container}.env"
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            yield ManifestFinding(where, f"{name} is not set", "deploy the manifest again")
        elif name not in ours:
            message = f"{name} is set, and the manifest does not name it"
            yield ManifestFinding(where, message, "add it to the manifest, or deploy it again")
        elif (ours[name].value, ours[name].secret) != (theirs[name].value, theirs[name].secret):
            message = f"{name} has another value than in the manifest"
            yield ManifestFinding(where, message, "deploy the manifest again")
