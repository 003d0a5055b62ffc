"""`manifest`: hold a deployment's manifest to the code, pin its image, compare what runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from worker.commands.exit_codes import ExitCode
from worker.commands.printed_json import print_json
from worker.manifests.checks import ManifestFinding, check_manifest
from worker.manifests.pinning import compare_described, pin_image
from worker.manifests.reading import ManifestError, read_manifest


async def check(files: Sequence[Path], *, as_json: bool) -> ExitCode:
    """Print what would go wrong with each manifest; needs no network."""
    codes = {_check(file, as_json=as_json) for file in files}
    worst_first = (ExitCode.USAGE, ExitCode.PREFLIGHT_FINDINGS)
    return next((code for code in worst_first if code in codes), ExitCode.DONE)


def _check(file: Path, *, as_json: bool) -> ExitCode:
    try:
        findings = check_manifest(read_manifest(_text(file)))
    except ManifestError as error:
        return _unreadable(file, error)
    return _report(file, findings, as_json=as_json)


async def pin(file: Path, image: str) -> ExitCode:
    """Write the image into the manifest, and leave the rest of the file as it is."""
    try:
        pinned = pin_image(_text(file), image)
    except ManifestError as error:
        return _unreadable(file, error)
    await asyncio.to_thread(file.write_text, pinned, encoding="utf-8")
    print(f"{file} is pinned to {image}")
    return ExitCode.DONE


async def verify(described: Path, meant: Path, *, as_json: bool) -> ExitCode:
    """Print how what runs differs from the manifest that it should be."""
    readings = []
    for file in (meant, described):
        try:
            readings.append(read_manifest(_text(file)))
        except ManifestError as error:
            return _unreadable(file, error)
    return _report(described, compare_described(*readings), as_json=as_json)


def _text(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ManifestError("document", "not UTF-8 text") from None


def _unreadable(file: Path, error: ManifestError) -> ExitCode:
    print(f"{file}: {error}", file=sys.stderr)
    return ExitCode.USAGE


def _report(file: Path, findings: Sequence[ManifestFinding], *, as_json: bool) -> ExitCode:
    errors = sum(finding.is_error for finding in findings)
    if as_json:
        print_json({"file": str(file), "findings": findings, "errors": errors})
    else:
        for finding in findings:
            print(f"{'error' if finding.is_error else 'warning'} {finding.where}")
            print(f"  {finding.message}\n  mend: {finding.mend}")
        print(f"{file}: {errors} errors, {len(findings) - errors} warnings")
    return ExitCode.PREFLIGHT_FINDINGS if errors else ExitCode.DONE
