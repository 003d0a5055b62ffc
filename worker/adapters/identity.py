"""What makes a sound or a picture, as one digest: library versions and our own source.

A cache key holds it, so that nothing made by an older library or by older code is taken for
what this process would make. The source itself is digested: no version number of ours has to
be remembered when a line changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from worker.lessons.digest import digest_of


def identify(name: str, distributions: Iterable[str], modules: Iterable[str]) -> str:
    """Return the digest of a maker.

    Args:
        name: What the maker calls itself.
        distributions: Installed packages that decide what it makes.
        modules: Our own modules that do; their source is read, nothing is imported.

    Raises:
        PackageNotFoundError: A distribution is not installed.
    """
    versions = {distribution: version(distribution) for distribution in distributions}
    sources = {module: _source_digest(module) for module in modules}
    return digest_of(name, versions, sources)


def _source_digest(module: str) -> str:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no source of {module}", name=module)
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()
